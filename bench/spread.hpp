#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace td::bench {

/// Where the values of repeated measurements lie.
struct spread {
  double least{};
  double lower_quartile{};
  double median{};
  double upper_quartile{};
  double most{};
};

/// Quartiles by linear interpolation between neighbours (Hyndman and Fan 1996, type 7). All zero
/// when there are no values.
inline spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double fraction) {
    const double place = fraction * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {values.front(), at(0.25), at(0.5), at(0.75), values.back()};
}

}  // namespace td::bench
