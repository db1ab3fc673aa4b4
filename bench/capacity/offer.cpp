#include "bench/capacity/offer.hpp"

#include <algorithm>
#include <cmath>

#include "bench/load/generator.hpp"

namespace td::bench {

result<offered> publish_offer(const offer& what, std::stop_token stop) {
  const double planned = std::chrono::duration<double>(what.during).count();
  load l{.broker = what.broker,
         .events = static_cast<std::uint64_t>(std::max(1.0, std::round(what.rate * planned))),
         .producers = what.producers,
         .window = what.window,
         .rate = what.rate,
         .seed = what.seed,
         .invalid = what.mix.invalid};
  const auto start = std::chrono::steady_clock::now();
  const auto done = generate(l, stop);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (!done && done.error().code == errc::stopping) return offered{.cut_short = true};
  if (!done) return done.error();
  return offered{
      .published = done->published,
      .per_second = static_cast<double>(done->published) / std::max(planned, took.count()),
      .late_p99_ms = 0,
      .blocked_share = took.count() > planned * 1.02 ? 1.0 : 0.0};
}

}  // namespace td::bench
