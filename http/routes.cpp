#include "http/routes.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "http/service_schemas.hpp"
#include "http/snapshot_json.hpp"

namespace td {
namespace {

constexpr const char* json_type = "application/json";

http_answer ready_answer(const service_snapshot& s) {
  return {s.ready && !s.stopping ? 200u : 503u, json_type, readiness_json(s), {}, {}};
}

using registry_list = std::vector<std::shared_ptr<prometheus::Registry>>;

http_answer exposition(const registry_list& registries) {
  std::string text;
  for (const auto& registry : registries)
    text += prometheus::TextSerializer{}.Serialize(registry->Collect());
  return {200, "text/plain; version=0.0.4; charset=utf-8", std::move(text), {}, {}};
}

/// Without a login, and without a limit: whoever watches must not be told to come later.
route probe(std::string path, std::string operation, std::string summary) {
  route r;
  r.path = std::move(path);
  r.operation = std::move(operation);
  r.tag = "service";
  r.summary = std::move(summary);
  r.access = for_anyone();
  r.rate = rate_class::none;
  r.any_query = true;
  return r;
}

}  // namespace

http_api service_routes(std::function<service_snapshot()> snapshot,
                        std::function<registry_list()> registries) {
  http_api api;
  api.components = service_schemas();

  auto live = probe("/health/live", "read_live", "200 while the process answers.");
  live.response_schema = "live";
  live.handler = plain_handler{[](const request&) {
    return http_answer{200, json_type, R"({"status":"alive"})", {}, {}};
  }};

  auto ready = probe("/health/ready", "read_ready",
                     "200 when every lane reads and the database answers, else 503 with the same "
                     "body: each dependency, and what is missing.");
  ready.response_schema = "readiness";
  ready.also = {503};
  ready.handler = plain_handler{[snapshot](const request&) { return ready_answer(snapshot()); }};

  auto metrics = probe("/metrics", "read_metrics", "Counters in the text format of Prometheus.");
  metrics.response_type = "text/plain; version=0.0.4; charset=utf-8";
  metrics.handler =
      plain_handler{[registries](const request&) { return exposition(registries()); }};

  auto status = probe("/api/v1/status", "read_status",
                      "Lanes, ledger, dependencies, supervised actors and findings, as of now.");
  status.response_schema = "service_status";
  status.handler = plain_handler{[snapshot](const request&) {
    return http_answer{200, json_type, to_json(snapshot()), {}, {}};
  }};

  api.routes = {std::move(live), std::move(ready), std::move(metrics), std::move(status)};
  return api;
}

}  // namespace td
