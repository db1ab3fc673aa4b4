#pragma once

#include <compare>
#include <string>

namespace td {

/// A version of libmosquitto.
struct mqtt_library_version {
  int major{};
  int minor{};
  int revision{};

  auto operator<=>(const mqtt_library_version&) const = default;
};

std::string to_string(const mqtt_library_version& v);  ///< "2.0.11"

/// The one this program was built with, and the one that it found when it started.
mqtt_library_version mqtt_library_built_with() noexcept;
mqtt_library_version mqtt_library_in_use() noexcept;

}  // namespace td
