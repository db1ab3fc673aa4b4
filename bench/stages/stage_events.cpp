#include "bench/stages/stage_events.hpp"

#include <chrono>

#include <fmt/format.h>

#include "pipeline/uuid.hpp"

namespace td::bench {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> schemas{{
    {"task_updated",
     R"({"type":"object","required":["task_id"],"properties":{"task_id":{"type":"string","format":"uuid"},)"
     R"("status":{"enum":["todo","in_progress","blocked","done","cancelled"]},)"
     R"("progress":{"type":"integer","minimum":0,"maximum":100},)"
     R"("title":{"type":"string","minLength":1,"maxLength":200},"estimate":{"type":"number","minimum":0}}})"},
    {"task_created",
     R"({"type":"object","required":["task_id","title"],"properties":{"task_id":{"type":"string","format":"uuid"},)"
     R"("title":{"type":"string","minLength":1,"maxLength":200},"blocked":{"type":"boolean"},)"
     R"("labels":{"type":"array","maxItems":20,"uniqueItems":true,"items":{"type":"string","maxLength":50}}}})"},
    {"project_updated",
     R"({"type":"object","required":["project_id"],"properties":{"project_id":{"type":"string","format":"uuid"},)"
     R"("name":{"type":"string","minLength":1,"maxLength":200},"budget":{"type":"number","minimum":0},)"
     R"("owner":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"team":{"type":"integer"}}}}})"},
    {"component_archived",
     R"({"type":"object","required":["component_id"],"properties":{"component_id":{"type":"string","format":"uuid"},)"
     R"("reason":{"type":"string","maxLength":1000},"replaced_by":{"anyOf":[{"type":"null"},{"type":"string","format":"uuid"}]}}})"},
    {"login_failed",
     R"({"type":"object","required":["user_id"],"properties":{"user_id":{"type":"string","format":"uuid"},)"
     R"("address":{"type":"string","pattern":"^[0-9a-fA-F.:]+$"},"attempts":{"type":"integer","minimum":0}}})"},
}};

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (auto const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

timestamp stage_time() {
  return *parse_rfc3339("2026-11-20T12:00:00Z");
}

const std::array<std::pair<std::string_view, std::string_view>, 5>& stage_schema_texts() {
  return schemas;
}

std::string stage_events::next() {
  auto const which = pick(schemas.size());
  return fmt::format(
      R"({{"event_id":"{}","occurred_at":"{}","trace_id":"{}","kind":"{}","source":"{}","payload":{}}})",
      id(), to_rfc3339(stage_time() - std::chrono::microseconds{pick(86'400'000'000)}), id(),
      schemas[which].first, pick(2) ? "tracker/web-frontend" : "tracker/device-0042",
      payload(which));
}

std::string stage_events::payload(std::size_t which) {
  switch (which) {
    case 0:
      return fmt::format(
          R"({{"task_id":"{}","status":"in_progress","progress":{},"title":"Check the gauge in room {}","estimate":{}.5}})",
          id(), pick(101), pick(1000), pick(40));
    case 1:
      return fmt::format(
          R"({{"task_id":"{}","title":"Replace filter {}","labels":["pump","urgent"],"blocked":false}})",
          id(), pick(1000));
    case 2:
      return fmt::format(
          R"({{"project_id":"{}","name":"Plant {}","owner":{{"name":"M. Example","team":{}}},"budget":{}}})",
          id(), pick(100), pick(20), pick(1'000'000));
    case 3:
      return fmt::format(
          R"({{"component_id":"{}","reason":"worn out after {} hours","replaced_by":null}})", id(),
          pick(90'000));
    default:
      return fmt::format(R"({{"user_id":"{}","address":"192.0.2.{}","attempts":{}}})", id(),
                         pick(255), pick(9));
  }
}

std::string stage_events::id() {
  uuid u;
  for (auto& byte : u.bytes)
    byte = static_cast<std::uint8_t>(pick(256));
  return to_string(u);
}

std::string_view task_payload() {
  return R"({"task_id":"8f14e45f-ceea-467f-a8d2-00112233aabb","title":"Check the gauge in room 42",)"
         R"("status":"in_progress","progress":42,"updated_at":"2026-11-20T12:00:00.123456Z",)"
         R"("assignee":"m.example","note":"measured twice, the second value is the one that counts"})";
}

std::string_view task_schema() {
  return R"({"type":"object","required":["task_id"],"properties":{"task_id":{"type":"string","format":"uuid"},)"
         R"("title":{"type":"string","minLength":1,"maxLength":200},)"
         R"("status":{"enum":["todo","in_progress","blocked","done","cancelled"]},)"
         R"("progress":{"type":"integer","minimum":0,"maximum":100},)"
         R"("updated_at":{"type":"string","format":"date-time"}}})";
}

std::string stage_events_json(std::size_t events) {
  std::string out = "{\"schemas\":{";
  for (auto const& [kind, text] : schemas)
    out += fmt::format("{}:{},", quote(kind), text);
  out.back() = '}';
  out += ",\"events\":[";
  stage_events maker;
  for (std::size_t i = 0; i < events; ++i)
    out += quote(maker.next()) + ',';
  out.back() = ']';
  return out + "}\n";
}

}  // namespace td::bench
