#pragma once

#include <stop_token>
#include <string>

#include "bench/limits/limit_drain.hpp"

namespace td::bench {

/// `drain` with libmosquitto in place of the service's own connection, and nothing else changed:
/// what the usual library costs.
result<void> drain_with_mosquitto(const drain_options& options, std::stop_token stop,
                                  void (*ready)());

/// "2.0.11": of the library that is loaded.
std::string mosquitto_library_version();

}  // namespace td::bench
