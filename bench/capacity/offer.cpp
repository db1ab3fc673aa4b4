#include "bench/capacity/offer.hpp"

#include <algorithm>

#include "bench/load/generator.hpp"

namespace td::bench {

result<offered> publish_offer(const offer& what, std::stop_token stop) {
  const load l{.broker = what.broker,
               .producers = what.producers,
               .window = what.window,
               .seed = what.seed,
               .mix = what.mix,
               .profile = load_profile{.pieces = {{what.rate, what.rate, what.during}}},
               .begins = what.begins};
  const auto done = generate(l, stop);
  if (!done) return done.error();
  const auto sent = static_cast<double>(done->sent());
  const auto seconds =
      std::chrono::duration<double>(std::max(what.during, done->handed_over)).count();
  return offered{
      .published = done->sent(),
      .per_second = sent / std::max(seconds, 1e-3),
      .late_p99_ms = std::chrono::duration<double, std::milli>(done->lateness.at(0.99)).count(),
      .blocked_share = static_cast<double>(done->held_up) /
                       std::max(1.0, static_cast<double>(done->lateness.count())),
      .unheard = done->unheard,
      .cut_short = done->cut,
      .unsent = done->unsent};
}

}  // namespace td::bench
