#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "bench/load/mix.hpp"
#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"
#include "pipeline/time.hpp"

namespace td::bench {

/// A steady load.
struct offer {
  broker_options broker{};
  double rate{};  ///< events per second
  std::chrono::milliseconds during{};
  unsigned producers{4};
  std::size_t window{1000};  ///< unacknowledged messages of each producer
  std::uint64_t seed{1};
  event_mix mix{};
  /// Told when the first event is about to be due; see load::begins.
  std::function<void(std::chrono::steady_clock::time_point at, timestamp time)> begins{};
};

/// What became of it.
struct offered {
  std::uint64_t published{};  ///< acknowledged by the broker, repetitions included
  double per_second{};        ///< until the last had left the generator; acknowledgements apart
  double late_p99_ms{};       ///< from due to handed to the system's socket, or to the cut
  double blocked_share{};     ///< of the events that were due: the broker had no room for them
  std::uint64_t unheard{};    ///< of `published`: nobody subscribed, they are gone
  bool cut_short{};           ///< `stop` came: `published` was sent, maybe not acknowledged
  std::uint64_t unsent{};     ///< with cut_short: the events that were left, the last ones
};

/// Publishes it, open loop, and returns when the broker has acknowledged all of it, or soon after
/// `stop`. broker_away, broker_refused. Blocks; a thread per producer inside.
result<offered> publish_offer(const offer& what, std::stop_token stop);

}  // namespace td::bench
