#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "http/route.hpp"
#include "pipeline/snapshot.hpp"

namespace prometheus {
class Registry;
}

namespace td {

/// What a running service shows of itself, to anyone who can reach it:
///   /health/live     200 while the process answers at all
///   /health/ready    200 or 503, every dependency with latency, reason and since, what is missing
///   /metrics         Prometheus text format 0.0.4, the registries one behind the other
///   /api/v1/status   the snapshot as JSON (http/snapshot_json.hpp)
/// Both callbacks are called on an io thread for each request, several at a time, and must not
/// block; `registries` may bring gauges up to date first.
http_api service_routes(
    std::function<service_snapshot()> snapshot,
    std::function<std::vector<std::shared_ptr<prometheus::Registry>>()> registries);

}  // namespace td
