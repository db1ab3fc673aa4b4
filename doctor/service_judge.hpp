#pragma once

#include <string>
#include <vector>

#include "pipeline/finding.hpp"
#include "pipeline/snapshot.hpp"

namespace td {

/// What a running service says about itself.
std::vector<finding> judge_service(const service_snapshot& s);

/// None answers: `why` says who was asked.
finding service_unreachable(const std::string& why);

}  // namespace td
