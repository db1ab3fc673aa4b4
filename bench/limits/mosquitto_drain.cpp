#include "bench/limits/mosquitto_drain.hpp"

#include <fmt/format.h>

#include "bench/limits/drain_lane.hpp"
#include "bench/limits/mosquitto_lane.hpp"

namespace td::bench {

result<void> drain_with_mosquitto(const drain_options& options, std::stop_token stop,
                                  void (*ready)()) {
  mosquitto_lib_init();
  return drain_through<mosquitto_lane>(options, "bench-mosquitto", stop, ready);
}

std::string mosquitto_library_version() {
  int major = 0, minor = 0, patch = 0;
  mosquitto_lib_version(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace td::bench
