#pragma once

#include <vector>

#include "http/route.hpp"

namespace td {

/// Of what http/routes.hpp answers; tests hold http/snapshot_json.cpp to them.
std::vector<schema_component> service_schemas();

}  // namespace td
