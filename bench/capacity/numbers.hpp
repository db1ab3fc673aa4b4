#pragma once

#include <optional>
#include <string>

namespace td::bench {

// Numbers as people read them in the report and on the terminal.

std::string per_second(double rate);       ///< "20,000/s", "7.5/s"
std::string milliseconds_text(double ms);  ///< "0.85 ms", "12.3 ms", "4.2 s"
std::string size_text(double bytes);       ///< "350 B", "1.2 GiB"
std::string share_text(double share);      ///< "97 %"
std::string cores_text(double cores);      ///< "0.35"

/// A dash where there is nothing to show.
template <class T, class Show>
std::string or_dash(const std::optional<T>& value, Show show) {
  return value ? show(*value) : std::string{"-"};
}

}  // namespace td::bench
