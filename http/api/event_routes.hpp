#pragma once

#include <chrono>
#include <memory>

#include "actors/database_gate.hpp"
#include "http/route.hpp"

namespace td {

/// What the routes for events need to know of the settings.
struct event_api_options {
  std::chrono::seconds clocks_ahead{300};  ///< events.allowed_skew
};

/// Reading the mirror:
///   GET /api/v1/events               search, in pages
///   GET /api/v1/events/{event_id}    one event
///   GET /api/v1/events/export        a search as NDJSON or CSV, streamed to its end
///   GET /api/v1/events/statistics    what was committed, by steps of time
///   GET /api/v1/traces/{trace_id}    the way of every event of a trace
http_api event_routes(std::shared_ptr<database_gate> gate, event_api_options options);

}  // namespace td
