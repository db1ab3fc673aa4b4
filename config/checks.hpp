#pragma once

#include "config/load.hpp"

namespace td::config {

/// What no single value shows: contradictions between keys, files that cannot be read, settings
/// that work but hardly mean what somebody wanted (warnings). Reads the files that hold secrets
/// into `password` and `url`, and sets what follows from other keys. Appends to `config`'s problems
/// and warnings.
void check_as_a_whole(loaded_config& config, database_need need);

}  // namespace td::config
