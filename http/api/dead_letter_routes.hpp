#pragma once

#include <memory>

#include "actors/database_gate.hpp"
#include "http/route.hpp"

namespace td {

/// Dead letters for people:
///   GET  /api/v1/dead-letters                    list, newest first, both ways
///   GET  /api/v1/dead-letters/groups             by fingerprint, most letters first
///   GET  /api/v1/dead-letters/{id}               with its bytes and what was done about it
///   GET  /api/v1/dead-letters/{id}/last-good     the newest stored event of its kind, to compare
///   PUT  /api/v1/dead-letters/{id}/correction    what a replay sends instead
///   POST /api/v1/dead-letters/discard, /reopen   by ids or by filter, with a reason
http_api dead_letter_routes(std::shared_ptr<database_gate> gate);

}  // namespace td
