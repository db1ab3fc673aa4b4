#include "bench/summary/summary.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "bench/json_of.hpp"
#include "standalone/files.hpp"

namespace td::bench {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string{v->as_string()} : std::string{};
}

facts facts_of(const json::object& o, std::string_view key) {
  facts all;
  const auto* v = o.if_contains(key);
  if (v == nullptr || !v->is_object()) return all;
  for (const auto& [name, value] : v->as_object()) {
    all.emplace_back(name,
                     value.is_string() ? std::string{value.as_string()} : json::serialize(value));
  }
  return all;
}

/// Throws what Boost.JSON throws when something is missing or of another type.
target target_of(const json::object& o) {
  return {.what = std::string{o.at("what").as_string()},
          .wanted = o.at("wanted").to_number<double>(),
          .found = o.at("found").to_number<double>(),
          .at_least = o.at("at_least").as_bool(),
          .unit = std::string{o.at("unit").as_string()}};
}

bench_outcome outcome_of(const json::object& o) {
  bench_outcome one{.bench = std::string{o.at("bench").as_string()},
                    .started_at = text_of(o, "started_at")};
  if (const auto* targets = o.if_contains("targets")) {
    for (const auto& t : targets->as_array())
      one.targets.push_back(target_of(t.as_object()));
  }
  for (const auto* key : {"ceilings", "remarks"}) {
    if (const auto* remarks = o.if_contains(key)) {
      for (const auto& r : remarks->as_array())
        one.remarks.emplace_back(r.as_string());
    }
  }
  return one;
}

}  // namespace

std::vector<target> bench_summary::targets() const {
  std::vector<target> all;
  for (const auto& b : benches) {
    for (auto t : b.targets) {
      t.what = fmt::format("{}: {}", b.bench, t.what);
      all.push_back(std::move(t));
    }
  }
  return all;
}

bool bench_summary::complete() const noexcept {
  return std::all_of(benches.begin(), benches.end(),
                     [](const bench_outcome& b) { return b.failure.empty(); });
}

result<void> add_result(bench_summary& to, const std::filesystem::path& file) {
  const auto bad = [&](std::string_view why) {
    return failure{errc::configuration_invalid,
                   fmt::format("{} is no result of a bench: {}", file.string(), why)};
  };
  const auto text = read_text(file);
  if (!text) return bad("it can't be read");
  try {
    const auto all = json::parse(*text).as_object();
    auto one = outcome_of(all);
    one.file = file.string();
    if (to.machine.empty()) to.machine = facts_of(all, "machine");
    if (to.versions.empty()) to.versions = facts_of(all, "versions");
    to.benches.push_back(std::move(one));
  } catch (const std::exception& e) {
    return bad(e.what());
  }
  return ok();
}

std::string to_text(const bench_summary& s) {
  std::string text = "summary\n";
  for (const auto& b : s.benches) {
    text +=
        fmt::format("  {:<10} {}\n", b.bench, b.failure.empty() ? b.file : "FAILED: " + b.failure);
    for (const auto& r : b.remarks)
      text += fmt::format("  {:<10} {}\n", "", r);
  }
  const auto targets = s.targets();
  return text + "\n" + to_text(targets) + "\n" + verdict_of(targets) + "\n";
}

report_page to_page(const bench_summary& s) {
  const auto targets = s.targets();
  const auto started = s.benches.empty() ? std::string{} : s.benches.front().started_at;
  report_page page{fmt::format("Benches, {}", started.substr(0, 10))};
  set_verdict(page, targets);
  std::string failed;
  for (const auto& b : s.benches) {
    if (!b.failure.empty()) failed += (failed.empty() ? "" : ", ") + b.bench;
  }
  if (!failed.empty())
    page.verdict(fmt::format("Not everything ran: {}", failed), verdict_tone::bad);
  add_targets(page, targets);
  page.heading("Benches");
  std::vector<std::vector<std::string>> rows;
  for (const auto& b : s.benches) {
    const auto hold = std::count_if(b.targets.begin(), b.targets.end(),
                                    [](const target& t) { return t.holds(); });
    rows.push_back({b.bench, b.started_at,
                    !b.failure.empty()  ? b.failure
                    : b.targets.empty() ? "no targets"
                                        : fmt::format("{} of {}", hold, b.targets.size()),
                    b.file});
  }
  page.table({"Bench", "Started", "Targets that hold", "All figures"}, rows);
  for (const auto& b : s.benches) {
    for (const auto& r : b.remarks)
      page.paragraph(fmt::format("{}: {}.", b.bench, r));
  }
  page.heading("Machine");
  page.facts(s.machine);
  page.heading("Versions");
  page.facts(s.versions);
  return page;
}

std::string to_json(const bench_summary& s) {
  json::array benches;
  for (const auto& b : s.benches) {
    json::object one{{"bench", b.bench},
                     {"started_at", b.started_at},
                     {"file", b.file},
                     {"targets", json_each(b.targets)}};
    if (!b.failure.empty()) one["failure"] = b.failure;
    benches.push_back(std::move(one));
  }
  const json::object all{{"bench", "summary"},
                         {"machine", json_of(s.machine)},
                         {"versions", json_of(s.versions)},
                         {"complete", s.complete()},
                         {"verdict", verdict_of(s.targets())},
                         {"benches", std::move(benches)}};
  return json::serialize(all) + "\n";
}

}  // namespace td::bench
