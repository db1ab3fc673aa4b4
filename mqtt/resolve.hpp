#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// The numeric addresses of a host name, in the order in which the system wants them tried.
/// Numeric addresses come back as they are. Blocks until `deadline` at most: the resolver's own
/// time-outs are longer, so it works in a thread that is left to finish alone.
/// broker_away: no such name, or no answer in time. Any thread.
result<std::vector<std::string>> resolve(const std::string& host,
                                         std::chrono::steady_clock::time_point deadline);

}  // namespace td
