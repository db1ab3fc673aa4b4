#pragma once

#include <memory>

#include "actors/database_gate.hpp"
#include "http/route.hpp"

namespace td {

/// Replay jobs, which a service runs by itself:
///   POST /api/v1/replays                     what, where to, dry run, rate
///   GET  /api/v1/replays, /api/v1/replays/{id}    progress, reasons, who did what
///   POST /api/v1/replays/{id}/pause, /resume, /cancel
http_api replay_routes(std::shared_ptr<database_gate> gate);

}  // namespace td
