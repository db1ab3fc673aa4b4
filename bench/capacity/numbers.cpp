#include "bench/capacity/numbers.hpp"

#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace td::bench {

std::string per_second(double rate) {
  if (rate < 10) return fmt::format("{:.1f}/s", rate);
  auto digits = fmt::format("{:.0f}", rate);
  for (auto at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits + "/s";
}

std::string milliseconds_text(double ms) {
  if (ms >= 1000) return fmt::format("{:.1f} s", ms / 1000);
  if (ms >= 10) return fmt::format("{:.0f} ms", ms);
  return fmt::format("{:.1f} ms", ms);
}

std::string size_text(double bytes) {
  constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit)
    bytes /= 1024;
  return fmt::format(fmt::runtime(unit == 0 || bytes >= 10 ? "{:.0f} {}" : "{:.1f} {}"), bytes,
                     units[unit]);
}

std::string share_text(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

std::string cores_text(double cores) {
  return fmt::format("{:.2f}", cores);
}

}  // namespace td::bench
