#include "http/api/event_routes.hpp"

#include <utility>

#include <fmt/format.h>

#include "http/api/event_json.hpp"
#include "http/exchange.hpp"
#include "http/gate_call.hpp"
#include "http/request.hpp"

namespace td {
namespace {

using std::chrono::milliseconds;
using type = parameter::type;
using shared_gate = std::shared_ptr<database_gate>;

constexpr const char* tag = "Events";
constexpr const char* scope = "events:read";
constexpr std::size_t page_of_export = most_events_a_page;
constexpr milliseconds search_patience{2000};

// -- what a search takes ---

std::vector<parameter> filter_parameters() {
  return {
      {.name = "since", .what = type::time, .meaning = "Occurred at this time or later."},
      {.name = "before", .what = type::time, .meaning = "Occurred before this time."},
      {.name = "topic",
       .meaning = "The topic begins with this: tracker/events/tasks/",
       .least = 1,
       .most = 512},
      {.name = "kind", .meaning = "The kind is this: task_updated", .least = 1, .most = 200},
      {.name = "source", .meaning = "The producer is this.", .least = 1, .most = 200},
      {.name = "containing",
       .meaning = "JSON that the payload contains, as jsonb's @> means it: {\"status\":\"done\"}",
       .least = 1,
       .most = 4096},
      {.name = "order",
       .what = type::choice,
       .meaning = "In which order. Of days that are not closed yet: in the order of their commits.",
       .fallback = "newest",
       .choices = {"newest", "oldest"}}};
}

std::vector<parameter> search_parameters() {
  auto all = filter_parameters();
  all.push_back(
      {.name = "from",
       .meaning = "Where to go on: `next` of the page before. Keep everything else equal.",
       .least = 1,
       .most = 200});
  all.push_back({.name = "limit",
                 .what = type::integer,
                 .meaning = "Most events of the page.",
                 .fallback = "100",
                 .least = 1,
                 .most = static_cast<std::int64_t>(most_events_a_page)});
  return all;
}

std::string text_or_nothing(const parameter_values& q, std::string_view name) {
  return std::string{q.text(name).value_or(std::string_view{})};
}

event_query query_of(const parameter_values& q, const event_api_options& options) {
  return {.filter = {.since = q.time("since"),
                     .before = q.time("before"),
                     .topic_prefix = text_or_nothing(q, "topic"),
                     .kind = text_or_nothing(q, "kind"),
                     .source = text_or_nothing(q, "source"),
                     .containing = text_or_nothing(q, "containing")},
          .order =
              q.text("order") == "oldest" ? search_order::oldest_first : search_order::newest_first,
          .patience = search_patience,
          .clocks_ahead = options.clocks_ahead};
}

// -- the handlers ---

asio::awaitable<http_answer> search(const request& r, shared_gate gate, event_api_options options) {
  auto query = query_of(r.query, options);
  query.from = text_or_nothing(r.query, "from");
  query.limit = static_cast<std::size_t>(r.query.integer("limit").value_or(100));
  const auto page =
      co_await ask<event_page>(*gate, [query](pg::session& s) { return search_events(s, query); });
  if (!page) co_return page.error();
  co_return http_answer{.body = to_json(*page)};
}

asio::awaitable<http_answer> read_one(const request& r, shared_gate gate) {
  const auto id = *r.path.id("event_id");
  const auto all = co_await ask<std::vector<found_event>>(
      *gate, [id](pg::session& s) { return events_with_id(s, id); });
  if (!all) co_return all.error();
  if (all->empty()) {
    co_return problem{.kind = &problems::not_found,
                      .detail = fmt::format("no event {} is stored; it may be among the dead "
                                            "letters, or retention has dropped its day",
                                            to_string(id))};
  }
  co_return http_answer{.body = to_json(all->front())};
}

asio::awaitable<http_answer> read_journey(const request& r, shared_gate gate) {
  const auto id = *r.path.id("trace_id");
  const auto most = static_cast<std::size_t>(r.query.integer("limit").value_or(200));
  const auto found =
      co_await ask<journey>(*gate, [id, most](pg::session& s) { return journey_of(s, id, most); });
  if (!found) co_return found.error();
  if (found->stages.empty()) {
    co_return problem{.kind = &problems::not_found,
                      .detail = fmt::format("no stored event has the trace {}", to_string(id))};
  }
  co_return http_answer{.body = to_json(*found)};
}

asio::awaitable<http_answer> read_statistics(const request& r, shared_gate gate) {
  const auto before = r.query.time("before").value_or(now());
  const auto since = r.query.time("since").value_or(before - std::chrono::hours{1});
  const std::chrono::minutes step{r.query.integer("step_minutes").value_or(1)};
  const auto counts = co_await ask<std::vector<journal_count>>(
      *gate, [=](pg::session& s) { return journal_counts(s, since, before, step); });
  if (!counts) co_return counts.error();
  co_return http_answer{.body = to_json(*counts)};
}

std::string line_of(const found_event& e, bool csv) {
  return csv ? to_csv(e) : to_json(e) + '\n';
}

/// Page after page, until the search is at its end. What fails before the first page is a problem;
/// after it the connection is cut, so that nobody takes a part for the whole.
asio::awaitable<void> export_events(exchange& x, shared_gate gate, event_api_options options) {
  const auto& q = x.asked().query;
  const bool csv = q.text("format") == "csv";
  auto query = query_of(q, options);
  query.limit = page_of_export;
  for (bool first = true;; first = false) {
    const auto page = co_await ask<event_page>(
        *gate, [query](pg::session& s) { return search_events(s, query); });
    if (!page) {
      if (first) {
        x.answer(page.error());
      } else {
        x.abandon();
      }
      co_return;
    }
    if (first) {
      x.begin(
          {.content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson",
           .body = std::string{csv ? csv_header() : ""},
           .headers = {{"Content-Disposition", csv ? "attachment; filename=\"events.csv\""
                                                   : "attachment; filename=\"events.ndjson\""}}});
    }
    std::string lines;
    for (const auto& e : page->events)
      lines += line_of(e, csv);
    if (!lines.empty() && !co_await x.write(std::move(lines))) co_return;
    if (!page->next) co_return;
    query.from = *page->next;
  }
}

// -- what they answer ---

constexpr const char* event_schema = R"({
  "type": "object",
  "required": ["event_id", "trace_id", "occurred_at", "received_at", "kind", "source", "topic",
               "payload"],
  "properties": {
    "event_id": {"type": "string", "format": "uuid"},
    "trace_id": {"type": "string", "format": "uuid"},
    "occurred_at": {"type": "string", "format": "date-time"},
    "received_at": {"type": "string", "format": "date-time"},
    "kind": {"type": "string"},
    "source": {"type": "string"},
    "topic": {"type": "string"},
    "schema_version": {"type": "integer"},
    "payload": true
  }
})";

constexpr const char* page_schema = R"({
  "type": "object",
  "required": ["items", "cut_short"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
    "next": {"type": "string",
             "description": "Goes into `from` for the next page; absent at the end."},
    "cut_short": {"type": "boolean",
                  "description": "The search has stopped after its time; `next` goes on."},
    "reached": {"type": "string", "format": "date-time",
                "description": "How far a search that was cut short has come."}
  }
})";

constexpr const char* journey_schema = R"({
  "type": "object",
  "required": ["stages", "more"],
  "properties": {
    "more": {"type": "boolean", "description": "The trace has more events than `limit`."},
    "stages": {"type": "array", "items": {
      "type": "object",
      "required": ["event", "deliveries"],
      "properties": {
        "event": {"$ref": "#/components/schemas/Event"},
        "position": {"type": "integer", "description": "Of its batch in the journal."},
        "lane": {"type": "integer", "description": "Which received it; -1: over HTTP."},
        "committed_at": {"type": "string", "format": "date-time"},
        "deliveries": {"type": "array", "items": {
          "type": "object",
          "required": ["consumer", "state"],
          "properties": {
            "consumer": {"type": "string"},
            "state": {"type": "string",
                      "enum": ["waiting", "retrying", "dead_lettered", "delivered"]},
            "attempts": {"type": "integer"},
            "code": {"type": "string"},
            "next_attempt": {"type": "string", "format": "date-time"}
          }
        }}
      }
    }}
  }
})";

constexpr const char* statistics_schema = R"({
  "type": "object",
  "required": ["items"],
  "properties": {"items": {"type": "array", "items": {
    "type": "object",
    "required": ["from", "batches", "stored", "duplicate", "dead_lettered"],
    "properties": {
      "from": {"type": "string", "format": "date-time"},
      "batches": {"type": "integer"},
      "stored": {"type": "integer"},
      "duplicate": {"type": "integer"},
      "dead_lettered": {"type": "integer"}
    }
  }}}
})";

}  // namespace

http_api event_routes(shared_gate gate, event_api_options options) {
  http_api api;
  api.components = {{"Event", event_schema},
                    {"EventPage", page_schema},
                    {"Journey", journey_schema},
                    {"JournalCounts", statistics_schema}};
  const auto access = for_role(role::viewer, scope);
  const auto add = [&](route r) {
    r.tag = tag;
    r.access = access;
    api.routes.push_back(std::move(r));
  };
  add({.path = "/api/v1/events",
       .operation = "search_events",
       .summary = "Search the stored events, page by page.",
       .in_query = search_parameters(),
       .response_schema = "EventPage",
       .handler = awaiting_handler{
           [gate, options](const request& r) { return search(r, gate, options); }}});
  auto exported = filter_parameters();
  exported.push_back({.name = "format",
                      .what = type::choice,
                      .meaning = "One JSON object per line, or comma-separated values (RFC 4180).",
                      .fallback = "ndjson",
                      .choices = {"ndjson", "csv"}});
  add({.path = "/api/v1/events/export",
       .operation = "export_events",
       .summary = "Stream every event of a search. An answer that breaks off is not whole.",
       .rate = rate_class::stream,
       .in_query = std::move(exported),
       .response_type = "application/x-ndjson",
       .handler = exchange_handler{
           [gate, options](exchange& x) { return export_events(x, gate, options); }}});
  add({.path = "/api/v1/events/statistics",
       .operation = "read_event_statistics",
       .summary = "What was committed, in steps of time: stored, duplicate, dead-lettered.",
       .in_query = {{.name = "since",
                     .what = type::time,
                     .meaning =
                         "Committed at this time or later; an hour before `before` without."},
                    {.name = "before",
                     .what = type::time,
                     .meaning = "Committed before this time; now without."},
                    {.name = "step_minutes",
                     .what = type::integer,
                     .meaning = "Length of a step.",
                     .fallback = "1",
                     .least = 1,
                     .most = 1440}},
       .response_schema = "JournalCounts",
       .handler = awaiting_handler{[gate](const request& r) { return read_statistics(r, gate); }}});
  add({.path = "/api/v1/events/{event_id}",
       .operation = "read_event",
       .summary = "One event: of several with this id, the newest.",
       .in_path = {{.name = "event_id", .what = type::uuid, .meaning = "The event's id."}},
       .response_schema = "Event",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return read_one(r, gate); }}});
  add({.path = "/api/v1/traces/{trace_id}",
       .operation = "read_journey",
       .summary = "The way of every event of a trace: received, committed, delivered.",
       .in_path = {{.name = "trace_id", .what = type::uuid, .meaning = "The trace's id."}},
       .in_query = {{.name = "limit",
                     .what = type::integer,
                     .meaning = "Most events.",
                     .fallback = "200",
                     .least = 1,
                     .most = static_cast<std::int64_t>(most_events_a_page)}},
       .response_schema = "Journey",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return read_journey(r, gate); }}});
  return api;
}

}  // namespace td
