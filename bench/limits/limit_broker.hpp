#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "bench/limits/limit_drain.hpp"
#include "bench/truth.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// What bare subscribers have received.
struct subscribe_report {
  static constexpr std::string_view begin = "subscribe received=";

  std::uint64_t received{};
  std::uint64_t id_sum{};  ///< see event_writer
  timestamp first_occurred{};
  timestamp first_received{};
  timestamp last_received{};

  /// As if receiving were storing: so that it is judged like everybody else.
  stored_truth truth() const;

  /// "subscribe received=400000 id_sum=123 ...": one line, and back. Absent for any other line.
  std::string to_text() const;
  static std::optional<subscribe_report> parse(std::string_view line);

  bool operator==(const subscribe_report&) const = default;
};

/// The limit of the broker: the lanes of `limit_drain` without a database. Each reads a burst and
/// acknowledges it at once. Calls `done` once, when `events` have been received by all lanes
/// together, and goes on until `stop`. Errors: internal, with the lane's reason.
result<void> subscribe(const drain_options& options, std::uint64_t events, std::stop_token stop,
                       void (*ready)(), void (*done)(const subscribe_report&));

}  // namespace td::bench
