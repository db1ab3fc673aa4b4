#include "http/api/retention_routes.hpp"

#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/api/json_list.hpp"
#include "http/gate_call.hpp"
#include "http/request.hpp"
#include "storage/pg.hpp"
#include "storage/retention_store.hpp"
#include "storage/retention_work.hpp"

namespace td {
namespace {

namespace json = boost::json;
using type = parameter::type;
using shared_gate = std::shared_ptr<database_gate>;

// A dry run reads every day from which something may go.
constexpr std::chrono::seconds dry_run_patience{30};

// -- as JSON ---

json::object object_of(const retention_policy& p) {
  return {{"what", name_of(p.what)},
          {"topic_prefix", p.topic_prefix},
          {"kind", p.kind},
          {"keep_days", p.keep_days},
          {"changed_at", to_rfc3339(p.changed_at)},
          {"changed_by", p.changed_by}};
}

std::string run_json(const retention_run& run) {
  json::object o{{"id", run.id},         {"started_at", to_rfc3339(run.started_at)},
                 {"actor", run.actor},   {"days_dropped", run.days_dropped},
                 {"events", run.events}, {"dead_letters", run.dead_letters},
                 {"bytes", run.bytes},   {"error", run.error}};
  if (run.finished_at) o["finished_at"] = to_rfc3339(*run.finished_at);
  return json::serialize(o);
}

json::value policy_of(const retention_step& step, retained what, const retention_rules& rules) {
  if (step.policy < 0) return nullptr;
  return object_of(rules.policies(what)[static_cast<std::size_t>(step.policy)]);
}

json::object object_of(const retention_plan& plan, const retention_rules& rules) {
  json::array days;
  std::uint64_t events = 0, bytes = 0, letters = 0;
  for (const auto& step : plan.events) {
    days.push_back({{"day", to_rfc3339(timestamp{step.day}).substr(0, 10)},
                    {"how", name_of(step.way)},
                    {"policy", policy_of(step, retained::events, rules)},
                    {"events", step.events},
                    {"bytes", step.bytes},
                    {"estimated", step.estimated}});
    events += step.events;
    bytes += step.bytes;
  }
  json::array of_letters;
  for (const auto& step : plan.dead_letters) {
    of_letters.push_back(
        {{"policy", policy_of(step, retained::dead_letters, rules)}, {"letters", step.events}});
    letters += step.events;
  }
  return {{"events", events},
          {"dead_letters", letters},
          {"bytes", bytes},
          {"days", std::move(days)},
          {"by_policy", std::move(of_letters)}};
}

// -- the handlers ---

result<retention_rules> rules_in(pg::session& s) {
  const auto store = retention_store_on(s);
  auto policies = store->policies();
  if (!policies) return policies.error();
  const auto defaults = store->defaults();
  if (!defaults) return defaults.error();
  if (!*defaults) {
    return failure{errc::not_found,
                   "no service has run on this database yet, so that its settings are not known"};
  }
  return retention_rules{**defaults, *std::move(policies)};
}

std::string rules_json(const retention_rules& rules) {
  json::array items;
  for (const auto what : {retained::events, retained::dead_letters}) {
    for (const auto& p : rules.policies(what))
      items.push_back(object_of(p));
  }
  const auto& d = rules.defaults();
  return json::serialize(json::object{
      {"items", std::move(items)},
      {"defaults",
       {{"events_days", d.events.count()}, {"dead_letter_hours", d.dead_letters.count()}}}});
}

asio::awaitable<http_answer> list(const request&, shared_gate gate) {
  const auto rules = co_await ask<retention_rules>(*gate, rules_in);
  if (!rules) co_return rules.error();
  co_return http_answer{.body = rules_json(*rules)};
}

asio::awaitable<http_answer> set(const request& r, shared_gate gate) {
  const auto& o = r.json.as_object();
  const auto text = [&](const char* name) {
    const auto* v = o.if_contains(name);
    return std::string{v == nullptr ? std::string_view{} : v->as_string()};
  };
  const retention_policy policy{.what = *retained_named(text("what")),
                                .topic_prefix = text("topic_prefix"),
                                .kind = text("kind"),
                                .keep_days = o.at("keep_days").to_number<std::int32_t>(),
                                .changed_by = r.who.name};
  const auto rules =
      co_await ask<retention_rules>(*gate, [policy](pg::session& s) -> result<retention_rules> {
        if (auto done = retention_store_on(s)->set(policy); !done) return done.error();
        return rules_in(s);
      });
  if (!rules) co_return rules.error();
  co_return http_answer{.body = rules_json(*rules)};
}

asio::awaitable<http_answer> remove(const request& r, shared_gate gate) {
  const auto what = *retained_named(*r.query.text("what"));
  const std::string topic{r.query.text("topic_prefix").value_or(std::string_view{})};
  const std::string kind{r.query.text("kind").value_or(std::string_view{})};
  const auto rules = co_await ask<retention_rules>(
      *gate, [what, topic, kind](pg::session& s) -> result<retention_rules> {
        const auto removed = retention_store_on(s)->remove(what, topic, kind);
        if (!removed) return removed.error();
        if (!*removed)
          return failure{errc::not_found, "there is no policy for this topic prefix and kind"};
        return rules_in(s);
      });
  if (!rules) co_return rules.error();
  co_return http_answer{.body = rules_json(*rules)};
}

asio::awaitable<http_answer> dry_run(const request&, shared_gate gate) {
  const auto plan = co_await ask<std::string>(
      *gate,
      [](pg::session& s) -> result<std::string> {
        const auto rules = rules_in(s);
        if (!rules) return rules.error();
        const auto clock = s.exec("SELECT (extract(epoch FROM clock_timestamp()) * 1e6)::bigint");
        if (!clock) return clock.error();
        const auto theirs = clock->time(0, 0);
        const auto ours = now();
        const auto today = trusted_today(ours, theirs);
        if (!today) {
          return failure{errc::conflict,
                         fmt::format("the clocks differ, so nothing would be taken: here it is {}, "
                                     "the database says {}",
                                     to_rfc3339(ours), to_rfc3339(theirs))};
        }
        const auto plan = retention_work{s, *rules, *today, std::min(ours, theirs)}.plan();
        if (!plan) return plan.error();
        return json::serialize(object_of(*plan, *rules));
      },
      dry_run_patience);
  if (!plan) co_return plan.error();
  co_return http_answer{.body = *plan};
}

asio::awaitable<http_answer> runs(const request& r, shared_gate gate) {
  const auto limit = static_cast<std::size_t>(r.query.integer("limit").value_or(50));
  const auto all = co_await ask<std::vector<retention_run>>(
      *gate, [limit](pg::session& s) { return retention_store_on(s)->runs(limit); });
  if (!all) co_return all.error();
  co_return http_answer{.body = R"({"items":)" + list_of<retention_run>(*all, run_json) + "}"};
}

// -- what they take and answer ---

constexpr const char* policy_schema = R"({
  "type": "object",
  "required": ["what", "keep_days"],
  "additionalProperties": false,
  "properties": {
    "what": {"type": "string", "enum": ["events", "dead_letters"]},
    "topic_prefix": {"type": "string", "maxLength": 512},
    "kind": {"type": "string", "maxLength": 200},
    "keep_days": {"type": "integer", "minimum": 1, "maximum": 36500}
  }
})";

constexpr const char* rules_schema = R"({
  "type": "object",
  "required": ["items", "defaults"],
  "properties": {
    "items": {"type": "array", "items": {
      "type": "object",
      "required": ["what", "topic_prefix", "kind", "keep_days", "changed_at", "changed_by"],
      "properties": {
        "what": {"type": "string", "enum": ["events", "dead_letters"]},
        "topic_prefix": {"type": "string"},
        "kind": {"type": "string"},
        "keep_days": {"type": "integer"},
        "changed_at": {"type": "string", "format": "date-time"},
        "changed_by": {"type": "string"}
      }
    }},
    "defaults": {
      "type": "object",
      "required": ["events_days", "dead_letter_hours"],
      "properties": {
        "events_days": {"type": "integer"}, "dead_letter_hours": {"type": "integer"}
      }
    }
  }
})";

constexpr const char* plan_schema = R"({
  "type": "object",
  "required": ["events", "dead_letters", "bytes", "days", "by_policy"],
  "properties": {
    "events": {"type": "integer"},
    "dead_letters": {"type": "integer"},
    "bytes": {"type": "integer", "description": "Given back to the file system."},
    "days": {"type": "array", "items": {
      "type": "object",
      "required": ["day", "how", "policy", "events", "bytes", "estimated"],
      "properties": {
        "day": {"type": "string", "format": "date"},
        "how": {"type": "string", "enum": ["drop", "rewrite", "erase"]},
        "policy": {"type": ["object", "null"], "description": "Null: the settings' own."},
        "events": {"type": "integer"},
        "bytes": {"type": "integer"},
        "estimated": {"type": "boolean"}
      }
    }},
    "by_policy": {"type": "array", "items": {
      "type": "object",
      "required": ["policy", "letters"],
      "properties": {"policy": {"type": ["object", "null"]}, "letters": {"type": "integer"}}
    }}
  }
})";

constexpr const char* runs_schema = R"({
  "type": "object",
  "required": ["items"],
  "properties": {"items": {"type": "array", "items": {
    "type": "object",
    "required": ["id", "started_at", "actor", "days_dropped", "events", "dead_letters", "bytes",
                 "error"],
    "properties": {
      "id": {"type": "integer"},
      "started_at": {"type": "string", "format": "date-time"},
      "finished_at": {"type": "string", "format": "date-time"},
      "actor": {"type": "string"},
      "days_dropped": {"type": "integer"},
      "events": {"type": "integer"},
      "dead_letters": {"type": "integer"},
      "bytes": {"type": "integer"},
      "error": {"type": "string"}
    }
  }}}
})";

}  // namespace

http_api retention_routes(shared_gate gate) {
  http_api api;
  api.components = {{"RetentionPolicy", policy_schema},
                    {"RetentionRules", rules_schema},
                    {"RetentionPlan", plan_schema},
                    {"RetentionRuns", runs_schema}};
  const auto reads = for_role(role::viewer, "pipeline:read");
  const auto writes = for_role(role::admin, "admin");
  const auto add = [&](route r) {
    r.tag = "Retention";
    api.routes.push_back(std::move(r));
  };
  add({.path = "/api/v1/retention",
       .operation = "list_retention_policies",
       .summary = "How long what is kept: policies, and what the settings say of the rest.",
       .access = reads,
       .response_schema = "RetentionRules",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return list(r, gate); }}});
  add({.method = http_method::put,
       .path = "/api/v1/retention",
       .operation = "set_retention_policy",
       .summary = "Add the policy of a topic prefix and kind, or change its days.",
       .access = writes,
       .rate = rate_class::write,
       .request_schema = "RetentionPolicy",
       .response_schema = "RetentionRules",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return set(r, gate); }}});
  add({.method = http_method::erase,
       .path = "/api/v1/retention",
       .operation = "remove_retention_policy",
       .summary = "Remove a policy: what it was about follows the next one.",
       .access = writes,
       .rate = rate_class::write,
       .in_query = {{.name = "what",
                     .what = type::choice,
                     .meaning = "Of events or of dead letters.",
                     .required = true,
                     .choices = {"events", "dead_letters"}},
                    {.name = "topic_prefix",
                     .meaning = "The policy's topic prefix; without: all topics.",
                     .most = 512},
                    {.name = "kind", .meaning = "The policy's kind; without: all.", .most = 200}},
       .response_schema = "RetentionRules",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return remove(r, gate); }}});
  add({.path = "/api/v1/retention/dry-run",
       .operation = "plan_retention",
       .summary = "What a run would take now, and the bytes it would give back.",
       .access = reads,
       .response_schema = "RetentionPlan",
       .problems = {&problems::not_found, &problems::conflict},
       .handler = awaiting_handler{[gate](const request& r) { return dry_run(r, gate); }}});
  add({.path = "/api/v1/retention/runs",
       .operation = "list_retention_runs",
       .summary = "What runs have taken, newest first.",
       .access = reads,
       .in_query = {{.name = "limit",
                     .what = type::integer,
                     .meaning = "Most runs.",
                     .fallback = "50",
                     .least = 1,
                     .most = 500}},
       .response_schema = "RetentionRuns",
       .handler = awaiting_handler{[gate](const request& r) { return runs(r, gate); }}});
  return api;
}

}  // namespace td
