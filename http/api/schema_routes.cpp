#include "http/api/schema_routes.hpp"

#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include "http/api/json_list.hpp"
#include "http/gate_call.hpp"
#include "http/request.hpp"
#include "schema/compiled_schema.hpp"
#include "storage/schema_store.hpp"

namespace td {
namespace {

namespace json = boost::json;
using type = parameter::type;
using shared_gate = std::shared_ptr<database_gate>;

constexpr std::size_t most_violations = 20;
constexpr std::size_t most_documents_bytes = 4u << 20;

// -- as JSON ---

json::object object_of(const stored_schema& s) {
  return {{"kind", s.kind},
          {"version", s.version},
          {"state", name_of(s.state)},
          {"origin", s.shipped ? "shipped" : "added"},
          {"added_at", to_rfc3339(s.added_at)},
          {"added_by", s.added_by},
          {"changed_at", to_rfc3339(s.changed_at)},
          {"changed_by", s.changed_by}};
}

std::string summary_json(const stored_schema& s) {
  return json::serialize(object_of(s));
}

json::object object_of(const shadow_failures& f) {
  json::array samples;
  for (const auto& s : f.samples) {
    samples.push_back({{"event_id", to_string(s.event_id)},
                       {"occurred_at", to_rfc3339(s.occurred_at)},
                       {"pointer", s.pointer},
                       {"sentence", s.sentence}});
  }
  return {{"pointer", f.pointer},
          {"keyword", f.keyword},
          {"failed", f.failed},
          {"samples", std::move(samples)}};
}

// -- the handlers ---

struct version_name {
  std::string kind;
  std::int32_t version{};
};

version_name named_in(const request& r) {
  return {std::string{*r.path.text("kind")}, static_cast<std::int32_t>(*r.path.integer("version"))};
}

asio::awaitable<http_answer> list(const request& r, shared_gate gate) {
  const std::string kind{r.query.text("kind").value_or(std::string_view{})};
  const auto all = co_await ask<std::vector<stored_schema>>(
      *gate, [kind](pg::session& s) { return schema_store_on(s)->list(kind); });
  if (!all) co_return all.error();
  co_return http_answer{.body = R"({"items":)" + list_of<stored_schema>(*all, summary_json) + "}"};
}

asio::awaitable<http_answer> read_one(const request& r, shared_gate gate) {
  const auto name = named_in(r);
  const auto found = co_await ask<stored_schema>(
      *gate, [name](pg::session& s) { return schema_store_on(s)->find(name.kind, name.version); });
  if (!found) co_return found.error();
  auto o = object_of(*found);
  o["schema"] = json::parse(found->body);
  co_return http_answer{.body = json::serialize(o)};
}

asio::awaitable<http_answer> add(const request& r, shared_gate gate) {
  const std::string kind{*r.path.text("kind")};
  const auto version = static_cast<std::int32_t>(r.query.integer("version").value_or(0));
  const auto added = co_await ask<std::int32_t>(
      *gate, [kind, version, body = r.body, who = r.who.name](pg::session& s) {
        return schema_store_on(s)->add(kind, version, body, who);
      });
  if (!added) co_return added.error();
  co_return http_answer{
      .status = 201,
      .body = json::serialize(json::object{{"kind", kind}, {"version", *added}}),
      .headers = {{"Location", fmt::format("/api/v1/schemas/{}/{}", kind, *added)}}};
}

asio::awaitable<http_answer> shadow(const request& r, shared_gate gate) {
  const auto name = named_in(r);
  const auto report = co_await ask<shadow_report>(*gate, [name](pg::session& s) {
    return schema_store_on(s)->shadows(name.kind, name.version);
  });
  if (!report) co_return report.error();
  json::array failures;
  for (const auto& f : report->counts.failures)
    failures.push_back(object_of(f));
  json::object o{{"kind", name.kind},
                 {"version", name.version},
                 {"checked", report->counts.checked},
                 {"failed", report->counts.failed},
                 {"failures", std::move(failures)}};
  if (report->counts.checked > 0) {
    o["first_seen"] = to_rfc3339(report->first_seen);
    o["last_seen"] = to_rfc3339(report->last_seen);
  }
  co_return http_answer{.body = json::serialize(o)};
}

/// What is wrong with one document.
json::value verdict_of(const compiled_schema& schema, simdjson::dom::parser& parser,
                       std::string_view line) {
  simdjson::dom::element document;
  if (const auto bad = parser.parse(line.data(), line.size(), true).get(document); bad) {
    return {
        {"ok", false},
        {"violations", json::array{{{"pointer", ""}, {"sentence", simdjson::error_message(bad)}}}}};
  }
  json::array violations;
  for (const auto& v : schema.check_all(document, most_violations))
    violations.push_back(
        {{"pointer", v.pointer}, {"sentence", v.sentence}, {"keyword", v.keyword}});
  return {{"ok", violations.empty()}, {"violations", std::move(violations)}};
}

asio::awaitable<http_answer> check(const request& r, shared_gate gate) {
  const auto name = named_in(r);
  // Judged on the READER's thread, too: a schema may be slow.
  const auto verdicts = co_await ask<std::string>(
      *gate, [name, body = r.body](pg::session& s) -> result<std::string> {
        const auto found = schema_store_on(s)->find(name.kind, name.version);
        if (!found) return found.error();
        const auto compiled = compiled_schema::compile(found->body);
        if (!compiled) return compiled.error();
        simdjson::dom::parser parser;
        json::array all;
        for (std::string_view rest{body}; !rest.empty();) {
          const auto line = rest.substr(0, rest.find('\n'));
          rest.remove_prefix(std::min(rest.size(), line.size() + 1));
          if (line.find_first_not_of(" \t\r") != line.npos)
            all.push_back(verdict_of(**compiled, parser, line));
        }
        return json::serialize(json::object{{"items", std::move(all)}});
      });
  if (!verdicts) co_return verdicts.error();
  co_return http_answer{.body = *verdicts};
}

asio::awaitable<http_answer> move(const request& r, shared_gate gate, bool promotes) {
  const auto name = named_in(r);
  const auto judge = co_await ask<stored_schema>(
      *gate, [name, promotes, who = r.who.name](pg::session& s) -> result<stored_schema> {
        const auto store = schema_store_on(s);
        const auto moved = promotes ? store->promote(name.kind, name.version, who)
                                    : store->retire(name.kind, name.version, who);
        if (!moved) return moved.error();
        return store->find(name.kind, name.version);
      });
  if (!judge) co_return judge.error();
  co_return http_answer{.body = summary_json(*judge)};
}

// -- what they answer ---

constexpr const char* version_schema = R"({
  "type": "object",
  "required": ["kind", "version", "state", "origin", "added_at", "added_by", "changed_at",
               "changed_by"],
  "properties": {
    "kind": {"type": "string"},
    "version": {"type": "integer"},
    "state": {"type": "string", "enum": ["candidate", "active", "retired"]},
    "origin": {"type": "string", "enum": ["shipped", "added"]},
    "added_at": {"type": "string", "format": "date-time"},
    "added_by": {"type": "string"},
    "changed_at": {"type": "string", "format": "date-time"},
    "changed_by": {"type": "string"},
    "schema": {"description": "The JSON Schema itself, where one version was asked for."}
  }
})";

constexpr const char* list_schema = R"({
  "type": "object",
  "required": ["items"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/SchemaVersion"}}
  }
})";

constexpr const char* added_schema = R"({
  "type": "object",
  "required": ["kind", "version"],
  "properties": {"kind": {"type": "string"}, "version": {"type": "integer"}}
})";

constexpr const char* shadow_schema = R"({
  "type": "object",
  "required": ["kind", "version", "checked", "failed", "failures"],
  "properties": {
    "kind": {"type": "string"},
    "version": {"type": "integer"},
    "checked": {"type": "integer"},
    "failed": {"type": "integer"},
    "first_seen": {"type": "string", "format": "date-time"},
    "last_seen": {"type": "string", "format": "date-time"},
    "failures": {"type": "array", "items": {
      "type": "object",
      "required": ["pointer", "keyword", "failed", "samples"],
      "properties": {
        "pointer": {"type": "string"},
        "keyword": {"type": "string"},
        "failed": {"type": "integer"},
        "samples": {"type": "array", "items": {
          "type": "object",
          "required": ["event_id", "occurred_at", "pointer", "sentence"],
          "properties": {
            "event_id": {"type": "string", "format": "uuid"},
            "occurred_at": {"type": "string", "format": "date-time"},
            "pointer": {"type": "string"},
            "sentence": {"type": "string"}
          }
        }}
      }
    }}
  }
})";

constexpr const char* verdicts_schema = R"({
  "type": "object",
  "required": ["items"],
  "properties": {"items": {"type": "array", "items": {
    "type": "object",
    "required": ["ok", "violations"],
    "properties": {
      "ok": {"type": "boolean"},
      "violations": {"type": "array", "items": {
        "type": "object",
        "required": ["pointer", "sentence"],
        "properties": {
          "pointer": {"type": "string"},
          "sentence": {"type": "string"},
          "keyword": {"type": "string"}
        }
      }}
    }
  }}}
})";

parameter kind_parameter() {
  return {.name = "kind", .meaning = "The events' kind.", .least = 1, .most = 200};
}

std::vector<parameter> version_parameters() {
  return {kind_parameter(),
          {.name = "version",
           .what = type::integer,
           .meaning = "The version; 0: the one that judges events that name none.",
           .least = 0}};
}

}  // namespace

http_api schema_routes(shared_gate gate) {
  http_api api;
  api.components = {{"SchemaVersion", version_schema},
                    {"SchemaList", list_schema},
                    {"SchemaAdded", added_schema},
                    {"ShadowReport", shadow_schema},
                    {"SchemaVerdicts", verdicts_schema}};
  const auto reads = for_role(role::viewer, "schemas:read");
  const auto writes = for_role(role::operator_, "schemas:write");
  const auto put = [&](route r) {
    r.tag = "Schemas";
    api.routes.push_back(std::move(r));
  };
  auto optional_kind = kind_parameter();
  optional_kind.meaning = "Only this kind.";
  put({.path = "/api/v1/schemas",
       .operation = "list_schemas",
       .summary = "Every version of every schema, without its body, newest first.",
       .access = reads,
       .in_query = {optional_kind},
       .response_schema = "SchemaList",
       .handler = awaiting_handler{[gate](const request& r) { return list(r, gate); }}});
  put({.method = http_method::post,
       .path = "/api/v1/schemas/{kind}",
       .operation = "add_schema",
       .summary = "Add a version as a candidate: it refuses nothing, and is tried on live events.",
       .access = writes,
       .rate = rate_class::write,
       .in_path = {kind_parameter()},
       .in_query = {{.name = "version",
                     .what = type::integer,
                     .meaning = "The version; without: the next one.",
                     .least = 1}},
       .request_type = "application/schema+json",
       .body_bytes = compiled_schema::max_text_bytes,
       .status = 201,
       .response_schema = "SchemaAdded",
       .problems = {&problems::conflict, &problems::body_invalid},
       .handler = awaiting_handler{[gate](const request& r) { return add(r, gate); }}});
  put({.path = "/api/v1/schemas/{kind}/{version}",
       .operation = "read_schema",
       .summary = "One version with its body.",
       .access = reads,
       .in_path = version_parameters(),
       .response_schema = "SchemaVersion",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return read_one(r, gate); }}});
  put({.path = "/api/v1/schemas/{kind}/{version}/shadow",
       .operation = "read_schema_shadow",
       .summary = "What a candidate would have refused of live events.",
       .access = reads,
       .in_path = version_parameters(),
       .response_schema = "ShadowReport",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return shadow(r, gate); }}});
  put({.method = http_method::post,
       .path = "/api/v1/schemas/{kind}/{version}/check",
       .operation = "check_documents",
       .summary = "Hold payloads against a version, one JSON document a line; nothing is stored.",
       .access = reads,
       .in_path = version_parameters(),
       .request_type = "application/x-ndjson",
       .body_bytes = most_documents_bytes,
       .response_schema = "SchemaVerdicts",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return check(r, gate); }}});
  for (const bool promotes : {true, false}) {
    put({.method = http_method::post,
         .path = promotes ? "/api/v1/schemas/{kind}/{version}/promote"
                          : "/api/v1/schemas/{kind}/{version}/retire",
         .operation = promotes ? "promote_schema" : "retire_schema",
         .summary = promotes ? "Put a version in force, on every node within a second."
                             : "Take a version out of force: events that name it are refused.",
         .access = writes,
         .rate = rate_class::write,
         .in_path = version_parameters(),
         .response_schema = "SchemaVersion",
         .problems = {&problems::not_found, &problems::conflict},
         .handler = awaiting_handler{
             [gate, promotes](const request& r) { return move(r, gate, promotes); }}});
  }
  return api;
}

}  // namespace td
