#include "verify/fault_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "verify/dice.hpp"

namespace td::verify {

namespace {

using std::chrono::milliseconds;

// Faults fall into this part of the run: the pipeline is busy already, and still will be.
constexpr std::uint64_t first_per_cent = 3;
constexpr std::uint64_t last_per_cent = 93;

constexpr std::uint64_t longest_delay = 200;      // ms: a full batch takes less to commit
constexpr std::uint64_t longest_downtime = 1500;  // ms: the broker piles up a backlog meanwhile

}  // namespace

std::string_view name_of(fault_kind kind) noexcept {
  switch (kind) {
    case fault_kind::service:
      return "service";
    case fault_kind::postgres:
      return "PostgreSQL";
    case fault_kind::postgres_backend:
      return "a PostgreSQL session";
    case fault_kind::broker:
      return "broker";
  }
  return "?";
}

std::vector<planned_fault> plan_faults(const fault_wishes& wishes) {
  std::vector<fault_kind> turn;
  if (wishes.service) turn.push_back(fault_kind::service);
  if (wishes.postgres) turn.push_back(fault_kind::postgres);
  if (wishes.broker) turn.push_back(fault_kind::broker);
  std::vector<planned_fault> plan;
  const auto total = turn.size() * wishes.rounds;
  if (total == 0) return plan;
  dice d{wishes.seed, 0xfa17};
  const auto begin = wishes.events * first_per_cent / 100;
  const auto width = wishes.events * (last_per_cent - first_per_cent) / 100;
  for (std::size_t i = 0; i < total; ++i) {
    planned_fault f{.kind = turn[i % turn.size()]};
    const auto from = begin + width * i / total;
    const auto to = begin + width * (i + 1) / total;
    f.after_events = from + d.below(std::max<std::uint64_t>(to - from, 1));
    f.delay = milliseconds{d.below(longest_delay + 1)};
    const bool session = d.chance(333) && i >= turn.size();
    if (f.kind == fault_kind::postgres && session) f.kind = fault_kind::postgres_backend;
    const milliseconds downtime{d.below(longest_downtime + 1)};
    if (f.kind == fault_kind::service) f.downtime = downtime;
    plan.push_back(f);
  }
  return plan;
}

result<void> read_fault_names(std::string_view text, fault_wishes& wishes) {
  wishes.service = wishes.postgres = wishes.broker = false;
  if (text == "none") return ok();
  while (true) {
    const auto comma = text.find(',');
    const auto name = text.substr(0, comma);
    if (name == "service") {
      wishes.service = true;
    } else if (name == "postgres") {
      wishes.postgres = true;
    } else if (name == "broker") {
      wishes.broker = true;
    } else {
      return failure{errc::configuration_invalid,
                     fmt::format("{} is no fault; there are service, postgres and broker, with "
                                 "commas between them, or none",
                                 quoted(name)),
                     {}};
    }
    if (comma == std::string_view::npos) return ok();
    text.remove_prefix(comma + 1);
  }
}

}  // namespace td::verify
