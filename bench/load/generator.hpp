#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// What to publish, and how fast.
struct load {
  broker_options broker{};
  std::uint64_t events{};    ///< of all producers together
  unsigned producers{4};     ///< each with a thread and a connection
  std::size_t window{1000};  ///< unacknowledged messages of each producer
  double rate{};             ///< events per second of all producers, open loop; 0: window-closed
  std::uint64_t seed{1};     ///< of the ids
  unsigned invalid{};        ///< per cent of the events that break their schema
};

/// What the broker has acknowledged.
struct load_report {
  std::uint64_t published{};
  std::uint64_t id_sum{};  ///< see event_writer

  bool operator==(const load_report&) const = default;
};

/// "load published=400000 id_sum=123": the last line of `taylordash-bench load`; and back. Absent
/// for any other line.
std::string to_text(const load_report& report);
std::optional<load_report> parse_load_report(std::string_view line);

/// Publishes the whole load, QoS 1, MQTT 5, and returns when the broker has acknowledged every
/// event. `occurred_at` is the time of publishing, or with a rate the time at which the event was
/// due: what the database says about its commit is then latency as a producer on schedule sees it.
///
/// Without a rate each producer keeps its window full: the broker's acknowledgements set the pace.
/// With one, events go out when they are due; a full window delays them, and no schedule moves.
/// Errors, of the first producer that fails: broker_away, broker_refused (also: a message was
/// refused), stopping. Blocks; one thread per producer inside.
result<load_report> generate(const load& what, std::stop_token stop);

}  // namespace td::bench
