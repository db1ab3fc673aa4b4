#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "bench/capacity/observation.hpp"

namespace td::bench::testing {

/// What an observation of a system with one server and steady service looks like at a rate: M/D/1
/// (Pollaczek and Khinchine: mean wait rho / (2 mu (1 - rho))) with a floor of latency.
struct model {
  double capacity{30'000};
  double floor_ms{2};
  double generator{1e9};  ///< rate that the generator can make
  bool holds_up{};        ///< beyond its capacity the broker acknowledges no faster

  observation at(double rate) const {
    observation o{.rate = rate, .window_s = 8};
    o.offered = std::min(rate, generator);
    o.stored = std::min(o.offered, capacity);
    const double rho = o.offered / capacity;
    const double growth = std::max(0.0, o.offered - capacity);
    // A hundred service times a batch: what one event waits in a system of batches.
    const double wait = rho < 1 ? 100 * 1e3 * rho / (2 * capacity * (1 - rho))
                                : growth * o.window_s / capacity * 1e3;
    o.p50_ms = floor_ms + wait;
    o.p99_ms = floor_ms + 4.6 * wait;  // of an exponential tail
    o.p999_ms = floor_ms + 6.9 * wait;
    o.late_p99_ms = o.offered < rate ? 1000 : 1;
    for (int i = 0; i <= 40; ++i) {
      const double at_s = o.window_s * i / 40;
      o.backlog.push_back({at_s, rate * o.p50_ms / 1000 + growth * at_s});
    }
    // What is left a second after the end is cut off.
    if (o.offered < rate) o.cut = (rate - o.offered) * o.window_s > o.offered;
    if (holds_up && rate > capacity) {
      o.offered = capacity;
      o.blocked_share = 0.8;
      o.late_p99_ms = 1000;
      o.cut = (rate - capacity) * o.window_s > capacity;
    }
    return o;
  }
};

}  // namespace td::bench::testing
