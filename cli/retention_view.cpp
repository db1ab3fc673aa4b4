#include "cli/retention_view.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/dlq_view.hpp"
#include "config/units.hpp"

namespace td {
namespace {

using namespace terminal;
namespace json = boost::json;

cell head(std::string text, bool right = false) {
  return {std::move(text), colour::dim, right};
}
cell right(std::string text) {
  return {std::move(text), colour::none, true};
}

std::string in_days(std::int64_t n) {
  return counted(static_cast<std::uint64_t>(n), "day");
}

std::string or_any(const std::string& text) {
  return text.empty() ? "any" : text;
}

/// Hours that the settings allow need be no whole days.
std::string kept_by_default(const retention_defaults& defaults, retained what) {
  if (what == retained::events) return in_days(defaults.events.count());
  const auto hours = defaults.dead_letters;
  return hours.count() % 24 == 0 ? in_days(hours.count() / 24) : format_duration(hours);
}

std::string day_of(const retention_step& step) {
  return to_rfc3339(timestamp{step.day}).substr(0, 10);
}

std::string scope_of(const retention_step& step, retained what, const retention_rules& rules) {
  if (what == retained::events && step.way == retention_way::drop) return "all of the day";
  if (step.policy < 0) return "settings";
  return policy_scope(rules.policies(what)[static_cast<std::size_t>(step.policy)]);
}

std::string size_of(std::uint64_t bytes, bool estimated) {
  return (estimated ? "~" : "") + short_size(bytes);
}

struct sums {
  std::uint64_t events{};
  std::uint64_t bytes{};
  bool estimated{};
};
sums sum_of(const std::vector<retention_step>& steps) {
  sums all;
  for (const auto& step : steps) {
    all.events += step.events;
    all.bytes += step.bytes;
    all.estimated = all.estimated || step.estimated;
  }
  return all;
}

json::object object_of(const retention_policy& p) {
  return {{"what", name_of(p.what)},
          {"topic_prefix", p.topic_prefix},
          {"kind", p.kind},
          {"keep_days", p.keep_days},
          {"changed_at", to_rfc3339(p.changed_at)},
          {"changed_by", p.changed_by}};
}

}  // namespace

std::string policy_scope(const retention_policy& p) {
  if (p.topic_prefix.empty() && p.kind.empty()) return "everything";
  if (p.kind.empty()) return p.topic_prefix;
  return p.topic_prefix.empty() ? fmt::format("kind {}", p.kind)
                                : fmt::format("{} kind {}", p.topic_prefix, p.kind);
}

std::string render_policies(const output& to, const retention_rules& rules, timestamp now) {
  std::vector<row> rows{{head("what"), head("topics from"), head("kind"), head("kept", true),
                         head("changed", true), head("by")}};
  for (const auto what : {retained::events, retained::dead_letters}) {
    const auto* name = what == retained::events ? "events" : "dead letters";
    for (const auto& p : rules.policies(what)) {
      rows.push_back({{name},
                      {or_any(p.topic_prefix)},
                      {or_any(p.kind)},
                      right(in_days(p.keep_days)),
                      right(ago(p.changed_at, now)),
                      {p.changed_by}});
    }
    rows.push_back({{name},
                    {"all others"},
                    {""},
                    right(kept_by_default(rules.defaults(), what)),
                    right(""),
                    {"settings"}});
  }
  return aligned(to, rows);
}

std::string render_plan(const output& to, const retention_plan& plan,
                        const retention_rules& rules) {
  if (plan.events.empty() && plan.dead_letters.empty()) return "  nothing has expired\n";
  std::vector<row> rows{
      {head("day"), head("how"), head("policy"), head("rows", true), head("given back", true)}};
  bool erases = false;
  for (const auto& step : plan.events) {
    const bool erased = step.way == retention_way::erase;
    erases = erases || erased;
    rows.push_back({{day_of(step)},
                    {std::string{name_of(step.way)}},
                    {scope_of(step, retained::events, rules)},
                    right(grouped(step.events)),
                    right(erased ? "-" : size_of(step.bytes, step.estimated))});
  }
  for (const auto& step : plan.dead_letters) {
    rows.push_back({{"dead letters"},
                    {"erase"},
                    {scope_of(step, retained::dead_letters, rules)},
                    right(grouped(step.events)),
                    right("-")});
  }
  const auto all = sum_of(plan.events);
  const auto letters = sum_of(plan.dead_letters);
  rows.push_back({{"total", colour::bold},
                  {""},
                  {""},
                  right(grouped(all.events + letters.events)),
                  right(size_of(all.bytes, all.estimated))});
  auto text = aligned(to, rows);
  if (all.estimated) text += "  ~ is an estimate: from the share of the day's rows\n";
  if (erases || letters.events > 0)
    text += "  - is space that PostgreSQL uses again; no bytes are given back\n";
  return text;
}

std::string render_run(const retention_run& run) {
  if (!run.did_something()) return "nothing has expired\n";
  auto text = fmt::format("took {} ({} dropped whole) and {}; {} given back\n",
                          counted(run.events, "event"), counted(run.days_dropped, "day"),
                          counted(run.dead_letters, "dead letter"), short_size(run.bytes));
  if (!run.error.empty()) text += fmt::format("left for later: {}\n", visible(run.error));
  return text;
}

std::string render_runs(const output& to, const std::vector<retention_run>& runs, timestamp now) {
  if (runs.empty()) return "  no run has taken anything yet\n";
  std::vector<row> rows{{head("run", true), head("when", true), head("took", true), head("by"),
                         head("days", true), head("events", true), head("dead letters", true),
                         head("given back", true), head("")}};
  for (const auto& r : runs) {
    const auto end = !r.finished_at ? std::string{"did not end"} : r.error;
    rows.push_back({right(std::to_string(r.id)),
                    right(ago(r.started_at, now)),
                    right(r.finished_at ? short_duration(*r.finished_at - r.started_at) : "-"),
                    {r.actor},
                    right(grouped(r.days_dropped)),
                    right(grouped(r.events)),
                    right(grouped(r.dead_letters)),
                    right(short_size(r.bytes)),
                    {end, colour::yellow}});
  }
  return aligned(to, rows);
}

// -- for scripts ---

std::string policies_json(const retention_rules& rules) {
  std::string lines;
  for (const auto what : {retained::events, retained::dead_letters}) {
    for (const auto& p : rules.policies(what))
      lines += json::serialize(object_of(p)) + "\n";
  }
  const auto& d = rules.defaults();
  return lines +
         json::serialize(json::object{{"default", true},
                                      {"events_days", d.events.count()},
                                      {"dead_letter_hours", d.dead_letters.count()}}) +
         "\n";
}

std::string plan_json(const retention_plan& plan, const retention_rules& rules) {
  std::string lines;
  for (const auto& step : plan.events) {
    lines += json::serialize(json::object{{"what", "events"},
                                          {"day", day_of(step)},
                                          {"how", name_of(step.way)},
                                          {"policy", scope_of(step, retained::events, rules)},
                                          {"rows", step.events},
                                          {"bytes", step.bytes},
                                          {"estimated", step.estimated}}) +
             "\n";
  }
  for (const auto& step : plan.dead_letters) {
    lines += json::serialize(json::object{{"what", "dead_letters"},
                                          {"policy", scope_of(step, retained::dead_letters, rules)},
                                          {"rows", step.events}}) +
             "\n";
  }
  const auto all = sum_of(plan.events);
  return lines +
         json::serialize(json::object{{"total", true},
                                      {"events", all.events},
                                      {"dead_letters", sum_of(plan.dead_letters).events},
                                      {"bytes", all.bytes},
                                      {"estimated", all.estimated}}) +
         "\n";
}

std::string run_json(const retention_run& run) {
  json::object o{{"id", run.id},
                 {"actor", run.actor},
                 {"days_dropped", run.days_dropped},
                 {"events", run.events},
                 {"dead_letters", run.dead_letters},
                 {"bytes", run.bytes},
                 {"error", run.error}};
  if (run.id > 0) o["started_at"] = to_rfc3339(run.started_at);
  if (run.finished_at) o["finished_at"] = to_rfc3339(*run.finished_at);
  return json::serialize(o) + "\n";
}

}  // namespace td
