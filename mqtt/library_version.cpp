#include "mqtt/library_version.hpp"

#include <fmt/format.h>
#include <mosquitto.h>

namespace td {

std::string to_string(const mqtt_library_version& v) {
  return fmt::format("{}.{}.{}", v.major, v.minor, v.revision);
}

mqtt_library_version mqtt_library_built_with() noexcept {
  return {LIBMOSQUITTO_MAJOR, LIBMOSQUITTO_MINOR, LIBMOSQUITTO_REVISION};
}

mqtt_library_version mqtt_library_in_use() noexcept {
  mqtt_library_version v;
  mosquitto_lib_version(&v.major, &v.minor, &v.revision);
  return v;
}

}  // namespace td
