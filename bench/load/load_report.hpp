#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/histogram.hpp"
#include "bench/process_usage.hpp"
#include "pipeline/result.hpp"
#include "pipeline/time.hpp"

namespace td::bench {

/// What was published, all of it acknowledged by the broker; unless it was `cut`.
struct load_report {
  std::uint64_t published{};  ///< different events: valid and invalid, without repetitions
  std::uint64_t id_sum{};     ///< of those; see event_writer

  std::uint64_t invalid{};       ///< of `published`
  std::uint64_t out_of_order{};  ///< of `published`
  std::uint64_t duplicates{};    ///< sent beside them: events that had been sent before
  std::uint64_t unheard{};       ///< acknowledged with "no matching subscribers" (reason 16): gone

  timestamp started_at{};    ///< what the schedule counts from
  histogram lateness{};      ///< open loop: due -> handed to the system's socket
  histogram acknowledged{};  ///< open loop: due -> PUBACK, seen up to `pace_grain` late
  std::uint64_t held_up{};   ///< open loop: due while window or socket was full (slow broker)
  cpu_time used{};           ///< by the producers' threads
  std::chrono::milliseconds took{};  ///< from the start to the last acknowledgement
  /// Open loop: from the start until the system's socket had the last event; where it never got it,
  /// until the cut. Acknowledgements that are missing do not count.
  std::chrono::milliseconds handed_over{};

  /// Stopped before its end. Then `published` counts what was written (of each producer one event
  /// more than it had room for), `unsent` what was not, and `lateness` has the events that were due
  /// and not sent with the time they had waited by then.
  bool cut{};
  std::uint64_t unsent{};

  std::uint64_t sent() const noexcept { return published + duplicates; }

  bool operator==(const load_report&) const = default;
};

/// A generator that is later than this at its 99th percentile is no producer on schedule any more:
/// what its run says about latency is about the generator.
inline constexpr std::chrono::microseconds trusted_lateness{10'000};

/// Absent when the run can be trusted; else a sentence for people: how late it was, and whether
/// the broker (window full) or the generator itself was the reason.
std::optional<std::string> distrust(const load_report& report);

/// "load published=400000 id_sum=123 ...": the last line of `taylordash-bench load`; and back,
/// without histograms. Absent for any other line.
std::string to_text(const load_report& report);
std::optional<load_report> parse_load_report(std::string_view line);

/// All of it as one JSON object, with quantiles for people and histograms for programs; and back.
/// configuration_invalid: it is no such document.
std::string to_json(const load_report& report);
result<load_report> parse_load_json(std::string_view text);

}  // namespace td::bench
