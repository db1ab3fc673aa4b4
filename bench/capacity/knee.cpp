#include "bench/capacity/knee.hpp"

#include <algorithm>
#include <cmath>

#include "bench/spread.hpp"

namespace td::bench {

namespace {

constexpr std::size_t fewest_points = 4;
constexpr double least_distance = 0.1;

}  // namespace

std::vector<curve_point> curve_of(std::vector<curve_point> points) {
  std::sort(points.begin(), points.end(),
            [](const curve_point& a, const curve_point& b) { return a.rate < b.rate; });
  std::vector<curve_point> curve;
  for (std::size_t i = 0; i < points.size();) {
    std::vector<double> same;
    const double rate = points[i].rate;
    for (; i < points.size() && points[i].rate == rate; ++i)
      same.push_back(points[i].p99_ms);
    curve.push_back({rate, spread_of(std::move(same)).median});
  }
  return curve;
}

std::optional<curve_point> knee_of(std::vector<curve_point> points) {
  auto curve = curve_of(std::move(points));
  if (curve.size() < fewest_points) return std::nullopt;
  double level = curve.front().p99_ms;
  for (auto& p : curve)
    level = p.p99_ms = std::max(level, p.p99_ms);
  const auto height = [](const curve_point& p) { return std::log(std::max(p.p99_ms, 1e-3)); };
  const auto& first = curve.front();
  const auto& last = curve.back();
  if (height(last) <= height(first)) return std::nullopt;

  const curve_point* best = nullptr;
  double furthest = least_distance;
  for (const auto& p : curve) {
    const double x = (p.rate - first.rate) / (last.rate - first.rate);
    const double y = (height(p) - height(first)) / (height(last) - height(first));
    if (x - y <= furthest) continue;
    furthest = x - y;
    best = &p;
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

}  // namespace td::bench
