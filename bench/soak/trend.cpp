#include "bench/soak/trend.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "bench/spread.hpp"

namespace td::bench {

namespace {

constexpr std::size_t most_blocks = 30;
constexpr std::size_t fewest_blocks = 5;

/// The 97.5th percentile of Student's t, from the normal one (Abramowitz and Stegun, 26.7.5).
double student(double degrees) {
  constexpr double z = 1.959964;
  const double g1 = (std::pow(z, 3) + z) / 4;
  const double g2 = (5 * std::pow(z, 5) + 16 * std::pow(z, 3) + 3 * z) / 96;
  const double g3 = (3 * std::pow(z, 7) + 19 * std::pow(z, 5) + 17 * std::pow(z, 3) - 15 * z) / 384;
  return z + g1 / degrees + g2 / std::pow(degrees, 2) + g3 / std::pow(degrees, 3);
}

double median_of(const std::vector<double>& v, std::size_t from, std::size_t to) {
  const auto at = [&](std::size_t i) { return v.begin() + static_cast<std::ptrdiff_t>(i); };
  return spread_of({at(from), at(to)}).median;
}

}  // namespace

course trend::judge(double tolerance) const noexcept {
  if (!known) return course::undecided;
  if (low * span > tolerance) return course::grows;
  return high * span <= tolerance ? course::flat : course::undecided;
}

trend trend_of(const std::vector<double>& x, const std::vector<double>& y) {
  trend t;
  const auto values = std::min(x.size(), y.size());
  const auto blocks = std::min(most_blocks, values / 2);
  if (blocks < fewest_blocks) return t;
  std::vector<double> bx, by;
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto from = values * b / blocks;
    const auto to = values * (b + 1) / blocks;
    bx.push_back(median_of(x, from, to));
    by.push_back(median_of(y, from, to));
  }
  const auto n = static_cast<double>(blocks);
  double mx = 0, my = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    mx += bx[b] / n;
    my += by[b] / n;
  }
  double xx = 0, xy = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    xx += (bx[b] - mx) * (bx[b] - mx);
    xy += (bx[b] - mx) * (by[b] - my);
  }
  if (xx <= 0) return t;
  t.slope = xy / xx;
  double rest = 0;
  for (std::size_t b = 0; b < blocks; ++b)
    rest += std::pow(by[b] - my - t.slope * (bx[b] - mx), 2);
  const double error = std::sqrt(rest / (n - 2) / xx);
  t.low = t.slope - student(n - 2) * error;
  t.high = t.slope + student(n - 2) * error;
  t.level = my;
  t.span = x[values - 1] - x[0];
  t.known = true;
  return t;
}

}  // namespace td::bench
