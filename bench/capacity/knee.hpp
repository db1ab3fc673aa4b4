#pragma once

#include <optional>
#include <vector>

namespace td::bench {

/// One point of the curve of latency against rate.
struct curve_point {
  double rate{};
  double p99_ms{};

  bool operator==(const curve_point&) const = default;
};

/// The rate behind which latency rises out of proportion: with the rate and the logarithm of p99
/// (which spans decades) brought to 0..1, the point
/// furthest below the diagonal of the convex curve (Kneedle: Satopaa, Albrecht, Irwin, Raghavan
/// 2011, without its smoothing; a rising curve has one knee). Of points with the same rate the
/// median counts; a fall, which is noise, is raised to the level before it. Absent with fewer than
/// four rates, or when the curve is nowhere 0.1 below its diagonal: it has no knee.
std::optional<curve_point> knee_of(std::vector<curve_point> points);

/// The same points as they are drawn: sorted by rate, one for each.
std::vector<curve_point> curve_of(std::vector<curve_point> points);

}  // namespace td::bench
