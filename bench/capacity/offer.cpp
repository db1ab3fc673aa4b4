#include "bench/capacity/offer.hpp"

#include <algorithm>

#include "bench/load/generator.hpp"

namespace td::bench {

namespace {

// A producer that is held up looks for room again after each packet of acknowledgements, some ten
// events.
constexpr double events_per_look = 10;

}  // namespace

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
  const auto seconds = std::chrono::duration<double>(
                           std::max(what.during, done->cut ? done->took : done->handed_over))
                           .count();
  return offered{
      .published = done->sent(),
      .per_second = sent / std::max(seconds, 1e-3),
      .late_p99_ms = std::chrono::duration<double, std::milli>(done->lateness.at(0.99)).count(),
      .blocked_share = std::min(
          1.0, static_cast<double>(done->found_no_room) * events_per_look / std::max(sent, 1.0)),
      .unheard = done->unheard,
      .cut_short = done->cut,
      .unsent = done->unsent};
}

}  // namespace td::bench
