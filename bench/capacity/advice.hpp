#pragma once

#include <string>
#include <vector>

#include "bench/capacity/observation.hpp"

namespace td::bench {

/// What to change first, and what then, when this stage stops the system: sentences, and lines as
/// they stand in the settings. Never anything that weakens the promise. `seen` is where it was too
/// much.
std::vector<std::string> advice_for(stage narrow, const observation& seen, const plant& here);

/// Who used the cores: "broker 0.6, PostgreSQL 0.7, service 0.3, load generator 0.4 cores".
std::string cores_in_use(const observation& seen);

}  // namespace td::bench
