#pragma once

#include <cstdint>
#include <functional>

#include "actors/service.hpp"
#include "config/settings.hpp"
#include "http/server.hpp"
#include "standalone/stop_signal.hpp"

namespace td {

/// Sets the log's level and format for the process from the settings; `auto` means text on a
/// terminal and JSON elsewhere.
void init_log(const settings& s);

/// What the settings say about the HTTP window.
http_options http_options_from(const settings& s);

/// What a caller of `run_service` wants to be told.
struct run_hooks {
  /// Once, when every lane reads: from the calling thread.
  std::function<void(const service&, std::uint16_t http_port)> ready{};
  /// Once, when a service that was ready begins to stop: it must not be asked anything after this.
  std::function<void()> stops{};
};

/// Starts the service and its HTTP window, waits for `stop`, stops in order. Returns the process's
/// exit status: 0 after a stop that was asked for, 1 when it could not start or could not go on
/// (the reason has been logged).
int run_service(const settings& s, stop_signal& stop, const run_hooks& hooks = {});

}  // namespace td
