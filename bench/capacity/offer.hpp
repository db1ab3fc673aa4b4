#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

#include "bench/load/mix.hpp"
#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"

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
};

/// What became of it.
struct offered {
  std::uint64_t published{};  ///< acknowledged by the broker, repetitions included
  double per_second{};        ///< that left the generator
  double late_p99_ms{};       ///< from due to handed to the system's socket
  double blocked_share{};     ///< of the events, about: the window was full when they were due
  std::uint64_t unheard{};    ///< of `published`: nobody subscribed, they are gone
  bool cut_short{};           ///< `stop` came: more may be on its way than `published` says
};

/// Publishes it, open loop, and returns when the broker has acknowledged all of it, or soon after
/// `stop`. broker_away, broker_refused. Blocks; a thread per producer inside.
result<offered> publish_offer(const offer& what, std::stop_token stop);

}  // namespace td::bench
