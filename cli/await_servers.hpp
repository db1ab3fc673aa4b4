#pragma once

#include <chrono>
#include <functional>

#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td {

/// Calls `attempt` until it succeeds, or fails for a reason that waiting does not mend, or a server
/// has been away for `patience`: with backoff, 0.1 s to 2 s, the first failure logged. Returns the
/// last failure; stopping: `stop` came first. In the calling thread.
result<void> await_servers(stop_signal& stop, std::chrono::milliseconds patience,
                           const std::function<result<void>()>& attempt);

}  // namespace td
