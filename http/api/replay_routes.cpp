#include "http/api/replay_routes.hpp"

#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "http/api/json_list.hpp"
#include "http/api/replay_json.hpp"
#include "http/gate_call.hpp"
#include "http/request.hpp"
#include "storage/replay_json.hpp"
#include "storage/replay_store.hpp"

namespace td {
namespace {

namespace json = boost::json;
using type = parameter::type;
using shared_gate = std::shared_ptr<database_gate>;

/// The body has been held against its schema.
http_result<replay_request> request_in(const json::value& body) {
  const auto& o = body.as_object();
  replay_request q{.source = o.at("source").as_string() == "mirror" ? replay_source::mirror
                                                                    : replay_source::dead_letters};
  if (const auto* consumer = o.if_contains("consumer")) {
    q.target = replay_target::consumer;
    q.consumer = std::string{consumer->as_string()};
  }
  if (const auto* filter = o.if_contains("filter")) {
    auto read = replay_filter_from(json::serialize(*filter));
    if (!read) {
      return problem{.kind = &problems::body_invalid,
                     .detail = read.error().detail,
                     .field = "/filter" + read.error().pointer};
    }
    q.filter = *std::move(read);
  }
  if (const auto* dry = o.if_contains("dry_run")) q.dry_run = dry->as_bool();
  if (const auto* rate = o.if_contains("rate")) q.rate = rate->to_number<std::uint32_t>();
  return q;
}

asio::awaitable<http_answer> create(const request& r, shared_gate gate) {
  const auto asked = request_in(r.json);
  if (!asked) co_return asked.error();
  const auto job = co_await ask<replay_job>(
      *gate, [q = *asked, who = r.who.name](pg::session& s) -> result<replay_job> {
        const auto store = replay_store_on(s);
        const auto id = store->create(q, who);
        if (!id) return id.error();
        return store->find(*id);
      });
  if (!job) co_return job.error();
  co_return http_answer{.status = 201,
                        .body = replay_json(*job),
                        .headers = {{"Location", fmt::format("/api/v1/replays/{}", job->id)}}};
}

asio::awaitable<http_answer> list(const request& r, shared_gate gate) {
  const auto most = static_cast<std::size_t>(r.query.integer("limit").value_or(50));
  const auto jobs = co_await ask<std::vector<replay_job>>(
      *gate, [most](pg::session& s) { return replay_store_on(s)->list(most); });
  if (!jobs) co_return jobs.error();
  co_return http_answer{.body = R"({"items":)" + list_of<replay_job>(*jobs, replay_json) + "}"};
}

struct job_with_trail {
  replay_job job{};
  std::vector<replay_event> trail{};
  bool served{};
};

asio::awaitable<http_answer> read_one(const request& r, shared_gate gate) {
  const auto id = *r.path.integer("id");
  const auto found =
      co_await ask<job_with_trail>(*gate, [id](pg::session& s) -> result<job_with_trail> {
        const auto store = replay_store_on(s);
        auto job = store->find(id);
        if (!job) return job.error();
        auto trail = store->audit(id);
        if (!trail) return trail.error();
        const auto served = store->is_served();
        if (!served) return served.error();
        return job_with_trail{*std::move(job), *std::move(trail), *served};
      });
  if (!found) co_return found.error();
  auto o = replay_object(found->job);
  json::array trail;
  for (const auto& e : found->trail) {
    trail.push_back(
        {{"at", to_rfc3339(e.at)}, {"actor", e.actor}, {"action", e.action}, {"detail", e.detail}});
  }
  o["trail"] = std::move(trail);
  o["served"] = found->served;
  co_return http_answer{.body = json::serialize(o)};
}

using change = result<void> (replay_store::*)(std::int64_t, std::string_view);

asio::awaitable<http_answer> move(const request& r, shared_gate gate, change how) {
  const auto id = *r.path.integer("id");
  const auto job = co_await ask<replay_job>(
      *gate, [id, how, who = r.who.name](pg::session& s) -> result<replay_job> {
        const auto store = replay_store_on(s);
        if (auto done = ((*store).*how)(id, who); !done) return done.error();
        return store->find(id);
      });
  if (!job) co_return job.error();
  co_return http_answer{.body = replay_json(*job)};
}

constexpr const char* request_schema = R"({
  "type": "object",
  "required": ["source"],
  "additionalProperties": false,
  "properties": {
    "source": {"type": "string", "enum": ["dead_letters", "mirror"]},
    "consumer": {"type": "string", "minLength": 1, "maxLength": 63,
                 "description": "Send to this consumer instead of through the pipeline."},
    "filter": {"type": "object"},
    "dry_run": {"type": "boolean"},
    "rate": {"type": "integer", "minimum": 0, "maximum": 1000000,
             "description": "Events a second at most; 0: as fast as it goes."}
  }
})";

constexpr const char* job_schema = R"({
  "type": "object",
  "required": ["id", "source", "target", "dry_run", "state", "passed", "duplicate", "refused",
               "error", "created_at", "created_by", "filter", "reasons"],
  "properties": {
    "id": {"type": "integer"},
    "source": {"type": "string", "enum": ["dead_letters", "mirror"]},
    "target": {"type": "string", "enum": ["pipeline", "consumer"]},
    "consumer": {"type": ["string", "null"]},
    "dry_run": {"type": "boolean"},
    "state": {"type": "string",
              "enum": ["waiting", "running", "paused", "done", "cancelled", "failed"]},
    "filter": {"type": "object"},
    "rate": {"type": "integer"},
    "total": {"type": "integer"},
    "passed": {"type": "integer"},
    "duplicate": {"type": "integer"},
    "refused": {"type": "integer"},
    "reasons": {"type": "array", "items": {"type": "object"}},
    "error": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "created_by": {"type": "string"},
    "started_at": {"type": "string", "format": "date-time"},
    "finished_at": {"type": "string", "format": "date-time"},
    "served": {"type": "boolean", "description": "Whether a service runs that takes jobs."},
    "trail": {"type": "array", "items": {
      "type": "object",
      "required": ["at", "actor", "action", "detail"],
      "properties": {
        "at": {"type": "string", "format": "date-time"},
        "actor": {"type": "string"},
        "action": {"type": "string"},
        "detail": {"type": "string"}
      }
    }}
  }
})";

constexpr const char* list_schema = R"({
  "type": "object",
  "required": ["items"],
  "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Replay"}}}
})";

std::vector<parameter> id_parameter() {
  return {{.name = "id",
           .what = type::integer,
           .meaning = "The job's number.",
           .least = 1,
           .most = std::numeric_limits<std::int64_t>::max()}};
}

}  // namespace

http_api replay_routes(shared_gate gate) {
  http_api api;
  api.components = {
      {"ReplayRequest", request_schema}, {"Replay", job_schema}, {"ReplayList", list_schema}};
  const auto reads = for_role(role::viewer, "dead_letters:read");
  const auto writes = for_role(role::operator_, "dead_letters:write");
  const auto add = [&](route r) {
    r.tag = "Replays";
    api.routes.push_back(std::move(r));
  };
  add({.method = http_method::post,
       .path = "/api/v1/replays",
       .operation = "create_replay",
       .summary = "Send dead letters, or stored events, once more; or say what would pass.",
       .access = writes,
       .rate = rate_class::write,
       .request_schema = "ReplayRequest",
       .status = 201,
       .response_schema = "Replay",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return create(r, gate); }}});
  add({.path = "/api/v1/replays",
       .operation = "list_replays",
       .summary = "Replay jobs, newest first.",
       .access = reads,
       .in_query = {{.name = "limit",
                     .what = type::integer,
                     .meaning = "Most jobs.",
                     .fallback = "50",
                     .least = 1,
                     .most = 500}},
       .response_schema = "ReplayList",
       .handler = awaiting_handler{[gate](const request& r) { return list(r, gate); }}});
  add({.path = "/api/v1/replays/{id}",
       .operation = "read_replay",
       .summary = "A job's progress, why some did not pass, and who did what to it.",
       .access = reads,
       .in_path = id_parameter(),
       .response_schema = "Replay",
       .problems = {&problems::not_found},
       .handler = awaiting_handler{[gate](const request& r) { return read_one(r, gate); }}});
  const struct {
    const char* verb;
    const char* summary;
    change how;
  } changes[]{{"pause", "Let a job rest where it is.", &replay_store::pause},
              {"resume", "Let a job that rests go on.", &replay_store::resume},
              {"cancel", "End a job; what it has sent stays.", &replay_store::cancel}};
  for (const auto& c : changes) {
    add({.method = http_method::post,
         .path = fmt::format("/api/v1/replays/{{id}}/{}", c.verb),
         .operation = fmt::format("{}_replay", c.verb),
         .summary = c.summary,
         .access = writes,
         .rate = rate_class::write,
         .in_path = id_parameter(),
         .response_schema = "Replay",
         .problems = {&problems::not_found, &problems::conflict},
         .handler = awaiting_handler{
             [gate, how = c.how](const request& r) { return move(r, gate, how); }}});
  }
  return api;
}

}  // namespace td
