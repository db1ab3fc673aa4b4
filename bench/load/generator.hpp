#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "bench/load/load_report.hpp"
#include "bench/load/mix.hpp"
#include "bench/load/profile.hpp"
#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// What to publish, and how fast.
struct load {
  broker_options broker{};
  std::uint64_t events{};    ///< sent by all producers together; a profile has its own number
  unsigned producers{4};     ///< each with a thread and a connection
  std::size_t window{1000};  ///< unacknowledged messages of each producer
  double rate{};             ///< events per second of all producers, open loop; 0: window-closed
  std::uint64_t seed{1};     ///< of the ids
  event_mix mix{};
  std::optional<load_profile> profile{};  ///< open loop; then `events` and `rate` say nothing
  /// Told once, when all are connected and the first event is about to be due: the moment from
  /// which the schedule counts. The caller's thread; may be empty.
  std::function<void(std::chrono::steady_clock::time_point at, timestamp time)> begins{};

  /// How many events are sent.
  std::uint64_t total() const noexcept { return profile ? profile->events() : events; }
  bool open_loop() const noexcept { return profile || rate > 0; }
};

/// Events that are due within so long of each other go out together: above 2,000 events/s of a
/// producer, a wake-up for each would cost more than the event. Up to this much of the lateness is
/// the generator's choice.
inline constexpr std::chrono::microseconds pace_grain{500};

/// Publishes the whole load, QoS 1, MQTT 5, and returns when the broker has acknowledged every
/// event.
///
/// Window-closed (neither rate nor profile): each producer keeps its window full, the broker's
/// acknowledgements set the pace, and `occurred_at` is the time of publishing.
/// Open loop: events go out when they are due. A full window or a slow machine delays them, and no
/// schedule moves: the report's `lateness` says how much, `distrust` whether it was too much.
/// `occurred_at` is the time at which the event was due (for those out of order earlier), and the
/// trace id tells the due time of every event (see due_in): what the database says about its commit
/// is then latency as a producer on schedule sees it.
///
/// Errors, of the first producer that fails: configuration_invalid (see check_mix), broker_away,
/// broker_refused (also: a message was refused). A `stop` is no error: the report says `cut`, and
/// what was done until then. Blocks; one thread per producer inside.
result<load_report> generate(const load& what, std::stop_token stop);

}  // namespace td::bench
