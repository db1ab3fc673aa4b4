#include "http/routes.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "http/snapshot_json.hpp"

namespace td {
namespace {

constexpr const char* json_type = "application/json";

http_answer live() {
  return {200, json_type, R"({"status":"alive"})", {}};
}

http_answer ready(const service_snapshot& s) {
  return {s.ready && !s.stopping ? 200u : 503u, json_type, readiness_json(s), {}};
}

http_answer exposition(const prometheus::Registry& registry) {
  return {200,
          "text/plain; version=0.0.4; charset=utf-8",
          prometheus::TextSerializer{}.Serialize(registry.Collect()),
          {}};
}

}  // namespace

std::vector<http_route> service_routes(
    std::function<service_snapshot()> snapshot,
    std::function<std::shared_ptr<prometheus::Registry>()> registry) {
  return {{"/health/live", live},
          {"/health/ready", [snapshot] { return ready(snapshot()); }},
          {"/metrics", [registry] { return exposition(*registry()); }},
          {"/api/v1/status", [snapshot] {
             return http_answer{200, json_type, to_json(snapshot()), {}};
           }}};
}

}  // namespace td
