#pragma once

#include <memory>

#include "actors/database_gate.hpp"
#include "http/route.hpp"

namespace td {

/// How long what is kept:
///   GET    /api/v1/retention              policies, and what the settings say of the rest
///   PUT    /api/v1/retention              add a policy, or change its days
///   DELETE /api/v1/retention              remove one
///   GET    /api/v1/retention/dry-run      what a run would drop now, and the bytes it would free
///   GET    /api/v1/retention/runs         what runs have done
/// A service runs retention by itself, every ten minutes; nothing here drops anything at once.
http_api retention_routes(std::shared_ptr<database_gate> gate);

}  // namespace td
