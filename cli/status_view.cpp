#include "cli/status_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/progress.hpp"

namespace td {
namespace {

using namespace terminal;

/// Rates between two snapshots of one process.
class rates {
 public:
  rates(const service_snapshot& now, const std::optional<service_snapshot>& earlier) {
    if (!earlier || earlier->node != now.node || earlier->started_at != now.started_at) return;
    seconds_ = std::chrono::duration<double>(now.taken_at - earlier->taken_at).count();
    if (seconds_ > 0) earlier_ = &*earlier;
  }

  bool known() const { return earlier_ != nullptr; }

  /// "12.3k/s"; empty when unknown.
  std::string of(std::uint64_t ledger_counts::*count, const service_snapshot& now) const {
    return known() ? between(earlier_->counts.*count, now.counts.*count) : std::string{};
  }

  std::string of_lane(const lane_status& lane) const {
    if (!known()) return {};
    for (const auto& before : earlier_->lanes) {
      if (before.slot == lane.slot) return between(before.received, lane.received);
    }
    return {};
  }

 private:
  std::string between(std::uint64_t before, std::uint64_t now) const {
    if (now < before) return {};  // the counter began anew
    return short_rate(static_cast<double>(now - before) / seconds_);
  }

  const service_snapshot* earlier_{};
  double seconds_{};
};

cell number(std::uint64_t n) {
  return {grouped(n), colour::none, true};
}
cell right(std::string text) {
  return {std::move(text), colour::none, true};
}
cell head(std::string text, bool to_the_right = false) {
  return {std::move(text), colour::dim, to_the_right};
}

std::string age(const service_snapshot& now, timestamp since) {
  return since == timestamp{} ? "-" : short_duration(now.taken_at - since);
}

std::string title(const output& to, const service_snapshot& s) {
  const auto [word, c] = s.stopping ? std::pair{"stopping", colour::yellow}
                         : s.ready  ? std::pair{"ready", colour::green}
                                    : std::pair{"not ready", colour::red};
  auto text = fmt::format("{} {}  {}  up {}\n", paint(to, colour::bold, "TaylorDash"),
                          visible(s.version), paint(to, c, word), age(s, s.started_at));
  text += fmt::format("  node {}  deployment {}\n", visible(s.node),
                      s.deployment.empty() ? "unknown" : visible(s.deployment));
  return text;
}

std::string events(const output& to, const service_snapshot& s, const rates& r) {
  std::vector<row> rows{{head("events"), head("total", true), head(r.known() ? "rate" : "", true)}};
  const auto add = [&](std::string name, std::uint64_t ledger_counts::*count) {
    rows.push_back({{std::move(name)}, number(s.counts.*count), right(r.of(count, s))});
  };
  add("received", &ledger_counts::received);
  add("stored", &ledger_counts::stored);
  add("duplicate", &ledger_counts::duplicate);
  add("dead-lettered", &ledger_counts::dead_lettered);
  add("given back", &ledger_counts::given_back);
  rows.push_back({{"in flight"}, number(s.counts.in_flight)});
  auto text = aligned(to, rows);
  const auto missing = s.counts.unaccounted();
  text += fmt::format(
      "  ledger {}\n",
      missing == 0
          ? paint(to, colour::green, "balanced")
          : paint(to, colour::red,
                  fmt::format("NOT BALANCED: {} unaccounted for, please report", missing)));
  return text;
}

std::string dependencies(const output& to, const service_snapshot& s) {
  std::vector<row> rows{
      {head("depends on"), head("state"), head("since", true), head("latency", true), head("")}};
  for (const auto& d : s.dependencies) {
    rows.push_back({{d.name},
                    {d.ok ? "up" : "AWAY", d.ok ? colour::green : colour::red},
                    right(age(s, d.since)),
                    right(d.ok ? short_duration(d.latency) : ""),
                    {d.ok ? "" : d.reason, colour::red}});
  }
  return aligned(to, rows);
}

std::string lanes(const output& to, const service_snapshot& s, const rates& r) {
  if (s.lanes.empty()) return "  no lanes yet\n";
  std::vector<row> rows{{head("lane", true), head("state"), head("since", true),
                         head("in flight", true), head("received", true),
                         head(r.known() ? "rate" : "", true), head("connects", true),
                         head("client id")}};
  for (const auto& l : s.lanes) {
    const bool well = l.reason.empty() && (l.state == "reading" || l.state == "waiting");
    rows.push_back({right(std::to_string(l.slot)),
                    {l.state, well ? colour::green : colour::yellow},
                    right(age(s, l.since)),
                    number(l.in_flight),
                    number(l.received),
                    right(r.of_lane(l)),
                    number(l.epoch),
                    {l.reason.empty() ? l.client_id : l.client_id + ": " + l.reason,
                     l.reason.empty() ? colour::none : colour::yellow}});
  }
  return aligned(to, rows);
}

/// What does not move, one line each; nothing while all does.
std::string stalls(const output& to, const service_snapshot& s) {
  std::string text;
  for (const auto& stall : s.stalls)
    text += fmt::format("  {} {}\n", paint(to, colour::red, "STALLED"), visible(to_text(stall)));
  return text.empty() ? text : text + "\n";
}

/// All actors in one line while nothing has happened to them, else those to which something has.
std::string actors(const output& to, const service_snapshot& s) {
  std::vector<row> rows{{head("actor"), head("state"), head("restarts", true)}};
  std::size_t running = 0;
  std::uint64_t restarts = 0;
  for (const auto& a : s.actors) {
    restarts += a.restarts;
    const bool well = a.state == "running";
    if (well) ++running;
    if (well && a.restarts == 0) continue;
    rows.push_back({{a.name},
                    {a.state, well                   ? colour::green
                              : a.state == "gave_up" ? colour::red
                                                     : colour::yellow},
                    number(a.restarts)});
  }
  auto text = fmt::format("  {} of {} running, {}\n", running, counted(s.actors.size(), "actor"),
                          restarts == 0 ? "no restarts" : counted(restarts, "restart"));
  if (rows.size() > 1) text += aligned(to, rows);
  return text;
}

/// Warnings and dangers, a line each; nothing when there are none.
std::string findings(const output& to, const service_snapshot& s) {
  std::string text;
  for (const auto& f : s.findings) {
    if (f.level < severity::warning) continue;
    const auto c = f.level == severity::danger ? colour::red : colour::yellow;
    text +=
        fmt::format("  {}  {}\n", paint(to, c, f.level == severity::danger ? "DANGER " : "WARNING"),
                    visible(f.what));
  }
  if (text.empty()) return text;
  return "\n" + text + "  what to change: taylordash doctor\n";
}

}  // namespace

std::string render_status(const output& to, const service_snapshot& now,
                          const std::optional<service_snapshot>& earlier) {
  const rates r{now, earlier};
  return title(to, now) + "\n" + events(to, now, r) + "\n" + dependencies(to, now) + "\n" +
         lanes(to, now, r) + "\n" + stalls(to, now) + actors(to, now) + findings(to, now);
}

}  // namespace td
