#include "http/api/dead_letter_routes.hpp"

#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/api/dead_letter_json.hpp"
#include "http/api/event_json.hpp"
#include "http/api/json_list.hpp"
#include "http/gate_call.hpp"
#include "http/request.hpp"
#include "storage/dead_letter_store.hpp"
#include "storage/event_search.hpp"

namespace td {
namespace {

namespace json = boost::json;
using type = parameter::type;
using shared_gate = std::shared_ptr<database_gate>;

constexpr const char* tag = "Dead letters";
constexpr std::size_t most_groups = 500;
constexpr std::size_t most_correction_bytes = 1u << 20;

// -- what the routes take ---

std::vector<parameter> filter_parameters() {
  return {{.name = "since", .what = type::time, .meaning = "Failed last at this time or later."},
          {.name = "before", .what = type::time, .meaning = "Failed last before this time."},
          {.name = "topic", .meaning = "The topic begins with this.", .least = 1, .most = 512},
          {.name = "kind", .meaning = "The kind is this.", .least = 1, .most = 200},
          {.name = "stage",
           .meaning = "Where it failed: topic, scan, envelope, schema, mirror, consumer.",
           .least = 1,
           .most = 40},
          {.name = "code", .meaning = "Why it failed: not_json.", .least = 1, .most = 60},
          {.name = "fingerprint",
           .meaning = "The group's fingerprint, or its first digits.",
           .least = 1,
           .most = 64},
          {.name = "status",
           .what = type::choice,
           .meaning = "What has become of it.",
           .choices = {"open", "replayed", "discarded"}}};
}

std::string text_or_nothing(const parameter_values& q, std::string_view name) {
  return std::string{q.text(name).value_or(std::string_view{})};
}

dead_letter_filter filter_of(const parameter_values& q) {
  dead_letter_filter f{.since = q.time("since"),
                       .before = q.time("before"),
                       .topic_prefix = text_or_nothing(q, "topic"),
                       .kind = text_or_nothing(q, "kind"),
                       .stage = text_or_nothing(q, "stage"),
                       .code = text_or_nothing(q, "code"),
                       .fingerprint = text_or_nothing(q, "fingerprint")};
  if (const auto status = q.text("status")) f.status = dead_letter_status_named(*status);
  return f;
}

std::vector<parameter> id_parameter() {
  return {{.name = "id",
           .meaning = "The dead letter's id, or its first digits (6 or more).",
           .least = static_cast<std::int64_t>(min_id_digits),
           .most = static_cast<std::int64_t>(id_digits)}};
}

// -- the handlers ---

asio::awaitable<http_answer> list(const request& r, shared_gate gate) {
  const auto filter = filter_of(r.query);
  const dead_letter_page page{
      .cursor = text_or_nothing(r.query, "from"),
      .direction =
          r.query.text("towards") == "newer" ? page_direction::newer : page_direction::older,
      .limit = static_cast<std::size_t>(r.query.integer("limit").value_or(50))};
  const auto found = co_await ask<dead_letter_list>(*gate, [filter, page](pg::session& s) {
    return dead_letter_store_on(s)->list(filter, page);
  });
  if (!found) co_return found.error();
  auto body = R"({"items":)" + list_of<dead_letter_summary>(found->letters, to_json);
  if (!found->older.empty()) body += R"(,"older":)" + json::serialize(json::string{found->older});
  if (!found->newer.empty()) body += R"(,"newer":)" + json::serialize(json::string{found->newer});
  co_return http_answer{.body = body + "}"};
}

asio::awaitable<http_answer> groups(const request& r, shared_gate gate) {
  const auto filter = filter_of(r.query);
  const auto limit = static_cast<std::size_t>(r.query.integer("limit").value_or(100));
  const auto found = co_await ask<std::vector<dead_letter_group>>(
      *gate,
      [filter, limit](pg::session& s) { return dead_letter_store_on(s)->groups(filter, limit); });
  if (!found) co_return found.error();
  co_return http_answer{.body = R"({"items":)" + list_of<dead_letter_group>(*found, to_json) + "}"};
}

asio::awaitable<http_answer> read_one(const request& r, shared_gate gate) {
  const std::string id{*r.path.text("id")};
  const auto letter = co_await ask<dead_letter>(
      *gate, [id](pg::session& s) { return dead_letter_store_on(s)->get(id); });
  if (!letter) co_return letter.error();
  co_return http_answer{.body = to_json(*letter)};
}

asio::awaitable<http_answer> last_good(const request& r, shared_gate gate) {
  const std::string id{*r.path.text("id")};
  const auto page = co_await ask<event_page>(*gate, [id](pg::session& s) -> result<event_page> {
    const auto letter = dead_letter_store_on(s)->get(id);
    if (!letter) return letter.error();
    const auto& about = letter->about;
    if (about.kind.empty()) {
      return failure{errc::not_found,
                     "the kind of this dead letter is not known: its envelope "
                     "could not be read"};
    }
    auto found = search_events(s, {.filter = {.kind = about.kind}, .limit = 1});
    if (found && found->events.empty())
      return failure{errc::not_found, fmt::format("no event of the kind {} was found", about.kind)};
    return found;
  });
  if (!page) co_return page.error();
  co_return http_answer{.body = to_json(page->events.front())};
}

asio::awaitable<http_answer> correct(const request& r, shared_gate gate) {
  const std::string id{*r.path.text("id")};
  const auto changed =
      co_await ask<bool>(*gate, [id, bytes = r.body, who = r.who.name](pg::session& s) {
        return dead_letter_store_on(s)->edit(id, bytes, who);
      });
  if (!changed) co_return changed.error();
  co_return http_answer{.body = *changed ? R"({"changed":true})" : R"({"changed":false})"};
}

/// {"ids": [...]} or {"filter": {...}}, never neither: everything is not something to discard.
http_result<dead_letter_filter> filter_in(const json::value& body) {
  const auto& o = body.as_object();
  const auto* ids = o.if_contains("ids");
  const auto* given = o.if_contains("filter");
  if ((ids == nullptr) == (given == nullptr)) {
    return problem{.kind = &problems::body_invalid,
                   .detail = "name the letters by `ids` or by `filter`, one of the two"};
  }
  const json::value whole = ids != nullptr ? json::value{{"ids", *ids}} : *given;
  auto filter = dead_letter_filter_from_json(json::serialize(whole));
  if (!filter) {
    return problem{.kind = &problems::body_invalid,
                   .detail = filter.error().detail,
                   .field = (ids != nullptr ? "" : "/filter") + filter.error().pointer};
  }
  if (*filter == dead_letter_filter{} || (ids != nullptr && ids->as_array().empty())) {
    return problem{.kind = &problems::body_invalid,
                   .detail =
                       "this names every dead letter there is; narrow it, by status, time, "
                       "fingerprint or ids",
                   .field = ids != nullptr ? "/ids" : "/filter"};
  }
  return *std::move(filter);
}

asio::awaitable<http_answer> move(const request& r, shared_gate gate, bool discards) {
  auto filter = filter_in(r.json);
  if (!filter) co_return filter.error();
  const auto* given = r.json.as_object().if_contains("reason");
  const std::string reason{given == nullptr ? std::string_view{} : given->as_string()};
  const auto moved = co_await ask<std::uint64_t>(
      *gate, [f = *filter, reason, who = r.who.name, discards](pg::session& s) {
        const auto store = dead_letter_store_on(s);
        return discards ? store->discard(f, reason, who) : store->reopen(f, who);
      });
  if (!moved) co_return moved.error();
  co_return http_answer{.body = fmt::format(R"({{"letters":{}}})", *moved)};
}

// -- what they take and answer ---

constexpr const char* letter_schema = R"({
  "type": "object",
  "required": ["id", "status", "stage", "code", "detail", "pointer", "fingerprint", "topic",
               "attempts", "first_failure", "last_failure", "bytes", "edited"],
  "properties": {
    "id": {"type": "string", "description": "SHA-256 of topic and bytes, 64 hex digits."},
    "status": {"type": "string", "enum": ["open", "replayed", "discarded"]},
    "stage": {"type": "string"},
    "code": {"type": "string"},
    "detail": {"type": "string"},
    "pointer": {"type": "string", "description": "JSON pointer to what is wrong."},
    "fingerprint": {"type": "string"},
    "topic": {"type": "string"},
    "attempts": {"type": "integer"},
    "first_failure": {"type": "string", "format": "date-time"},
    "last_failure": {"type": "string", "format": "date-time"},
    "bytes": {"type": "integer"},
    "edited": {"type": "boolean"},
    "kind": {"type": "string"},
    "source": {"type": "string"},
    "event_id": {"type": "string", "format": "uuid"},
    "occurred_at": {"type": "string", "format": "date-time"},
    "schema_version": {"type": "integer"},
    "consumer": {"type": "string"},
    "raw": {"type": "string"},
    "raw_is_base64": {"type": "boolean"},
    "correction": {"type": "string"},
    "correction_is_base64": {"type": "boolean"},
    "history": {"type": "array", "items": {
      "type": "object",
      "required": ["at", "actor", "action", "detail"],
      "properties": {
        "at": {"type": "string", "format": "date-time"},
        "actor": {"type": "string"},
        "action": {"type": "string"},
        "detail": {"type": "string"},
        "job": {"type": "integer"}
      }
    }}
  }
})";

constexpr const char* list_schema = R"({
  "type": "object",
  "required": ["items"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/DeadLetter"}},
    "older": {"type": "string", "description": "Goes into `from`, with towards=older."},
    "newer": {"type": "string", "description": "Goes into `from`, with towards=newer."}
  }
})";

constexpr const char* groups_schema = R"({
  "type": "object",
  "required": ["items"],
  "properties": {"items": {"type": "array", "items": {
    "type": "object",
    "required": ["fingerprint", "letters", "attempts", "last_hour", "last_day", "first_failure",
                 "last_failure", "topics", "kinds", "newest"],
    "properties": {
      "fingerprint": {"type": "string"},
      "letters": {"type": "integer"},
      "attempts": {"type": "integer"},
      "last_hour": {"type": "integer"},
      "last_day": {"type": "integer"},
      "first_failure": {"type": "string", "format": "date-time"},
      "last_failure": {"type": "string", "format": "date-time"},
      "topics": {"type": "array", "items": {"type": "string"}},
      "kinds": {"type": "array", "items": {"type": "string"}},
      "newest": {"$ref": "#/components/schemas/DeadLetter"}
    }
  }}}
})";

constexpr const char* choice_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "ids": {"type": "array", "maxItems": 1000, "items": {"type": "string"}},
    "filter": {"type": "object"},
    "reason": {"type": "string", "maxLength": 1000}
  }
})";

constexpr const char* changed_schema = R"({
  "type": "object", "required": ["changed"], "properties": {"changed": {"type": "boolean"}}
})";

constexpr const char* moved_schema = R"({
  "type": "object", "required": ["letters"], "properties": {"letters": {"type": "integer"}}
})";

}  // namespace

http_api dead_letter_routes(shared_gate gate) {
  http_api api;
  api.components = {{"DeadLetter", letter_schema},         {"DeadLetterList", list_schema},
                    {"DeadLetterGroups", groups_schema},   {"DeadLetterChoice", choice_schema},
                    {"DeadLetterChanged", changed_schema}, {"DeadLettersMoved", moved_schema}};
  const auto reads = for_role(role::viewer, "dead_letters:read");
  const auto writes = for_role(role::operator_, "dead_letters:write");
  const auto add = [&](route r) {
    r.tag = tag;
    api.routes.push_back(std::move(r));
  };
  auto listed = filter_parameters();
  listed.push_back(
      {.name = "from", .meaning = "`older` or `newer` of a page.", .least = 1, .most = 200});
  listed.push_back({.name = "towards",
                    .what = type::choice,
                    .meaning = "Which way to go on from there.",
                    .fallback = "older",
                    .choices = {"older", "newer"}});
  listed.push_back({.name = "limit",
                    .what = type::integer,
                    .meaning = "Most letters of the page.",
                    .fallback = "50",
                    .least = 1,
                    .most = static_cast<std::int64_t>(dead_letter_page::max_limit)});
  add({.path = "/api/v1/dead-letters",
       .operation = "list_dead_letters",
       .summary = "Events that could not be stored, or not be delivered, newest failure first.",
       .access = reads,
       .in_query = std::move(listed),
       .response_schema = "DeadLetterList",
       .handler = awaiting_handler{[gate](const request& r) { return list(r, gate); }}});
  auto grouped = filter_parameters();
  grouped.push_back({.name = "limit",
                     .what = type::integer,
                     .meaning = "Most groups.",
                     .fallback = "100",
                     .least = 1,
                     .most = static_cast<std::int64_t>(most_groups)});
  add({.path = "/api/v1/dead-letters/groups",
       .operation = "group_dead_letters",
       .summary = "Dead letters that failed for the same reason at the same place, together.",
       .access = reads,
       .in_query = std::move(grouped),
       .response_schema = "DeadLetterGroups",
       .handler = awaiting_handler{[gate](const request& r) { return groups(r, gate); }}});
  add({.path = "/api/v1/dead-letters/{id}",
       .operation = "read_dead_letter",
       .summary = "One dead letter, with its bytes and what was done about it.",
       .access = reads,
       .in_path = id_parameter(),
       .response_schema = "DeadLetter",
       .problems = {&problems::not_found, &problems::conflict},
       .handler = awaiting_handler{[gate](const request& r) { return read_one(r, gate); }}});
  add({.path = "/api/v1/dead-letters/{id}/last-good",
       .operation = "read_last_good_event",
       .summary = "The newest stored event of the same kind, to compare with.",
       .access = reads,
       .in_path = id_parameter(),
       .response_schema = "Event",
       .problems = {&problems::not_found, &problems::conflict},
       .handler = awaiting_handler{[gate](const request& r) { return last_good(r, gate); }}});
  add({.method = http_method::put,
       .path = "/api/v1/dead-letters/{id}/correction",
       .operation = "correct_dead_letter",
       .summary = "Store what a replay shall send instead; the bytes as they came take it back.",
       .access = writes,
       .rate = rate_class::write,
       .in_path = id_parameter(),
       .request_type = "application/octet-stream",
       .body_bytes = most_correction_bytes,
       .response_schema = "DeadLetterChanged",
       .problems = {&problems::not_found, &problems::conflict},
       .handler = awaiting_handler{[gate](const request& r) { return correct(r, gate); }}});
  for (const bool discards : {true, false}) {
    add({.method = http_method::post,
         .path = discards ? "/api/v1/dead-letters/discard" : "/api/v1/dead-letters/reopen",
         .operation = discards ? "discard_dead_letters" : "reopen_dead_letters",
         .summary = discards ? "Decide that open letters are of no use, with the reason."
                             : "Open discarded letters again.",
         .access = writes,
         .rate = rate_class::write,
         .request_schema = "DeadLetterChoice",
         .response_schema = "DeadLettersMoved",
         .problems = {&problems::not_found, &problems::conflict},
         .handler = awaiting_handler{
             [gate, discards](const request& r) { return move(r, gate, discards); }}});
  }
  return api;
}

}  // namespace td
