#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "http/server.hpp"
#include "pipeline/snapshot.hpp"

namespace prometheus {
class Registry;
}

namespace td {

/// What a running service shows:
///   /health/live     200 while the process answers at all
///   /health/ready    200 or 503, every dependency with latency, reason and since, what is missing
///   /metrics         Prometheus text format 0.0.4
///   /api/v1/status   the snapshot as JSON (http/snapshot_json.hpp)
/// Both callbacks are called on the io thread for each request and must not block; `registry` may
/// bring its gauges up to date first.
std::vector<http_route> service_routes(
    std::function<service_snapshot()> snapshot,
    std::function<std::shared_ptr<prometheus::Registry>()> registry);

}  // namespace td
