#pragma once

#include <memory>

#include "actors/database_gate.hpp"
#include "http/route.hpp"

namespace td {

/// What `taylordash schema` does, over HTTP:
///   GET  /api/v1/schemas                              every version, or those of one kind
///   GET  /api/v1/schemas/{kind}/{version}             one, with its body
///   POST /api/v1/schemas/{kind}                       add a candidate
///   GET  /api/v1/schemas/{kind}/{version}/shadow      what a candidate has said of live events
///   POST /api/v1/schemas/{kind}/{version}/check       hold documents against it, store nothing
///   POST /api/v1/schemas/{kind}/{version}/promote, /retire
http_api schema_routes(std::shared_ptr<database_gate> gate);

}  // namespace td
