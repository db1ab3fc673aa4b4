#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/capacity/usage.hpp"

namespace td::bench {

/// The backlog at one moment: events that were due and are not yet decided (stored, duplicate or
/// dead-lettered), wherever they wait.
struct backlog_sample {
  double at_s{};  ///< since the window began
  double events{};

  bool operator==(const backlog_sample&) const = default;
};

/// What a load of one rate has shown, over its window. Rates in events per second, times in
/// milliseconds. Plain data.
struct observation {
  double rate{};      ///< that was asked for
  double offered{};   ///< that left the generator
  double stored{};    ///< that was decided
  double window_s{};  ///< how long was measured, the warm-up before it apart
  /// From the moment an event was due to the end of its batch's commit: to the stamp that the
  /// batch's last statement sets, by the database, and `commit_ms` on top, which is the same for
  /// all. Of a load that was cut, the events that were not sent count up to the cut: at least so.
  double p50_ms{};
  double p99_ms{};
  double p999_ms{};
  double most_ms{};
  double late_p99_ms{};    ///< from due to handed to a connection that had room for it, or the cut
  double blocked_share{};  ///< 0..1, of the events: the broker had no room when they were due
  double batch_fill{};     ///< 0..1, see batch_fill_between
  std::vector<backlog_sample> backlog{};
  stage_usage usage{};
  event_cost cost{};
  double commit_ms{};  ///< of a batch, the mean over the window, as the service measures it
  bool cut{};  ///< a second after its end the load was not out, and what was left was not sent
};

/// Whether the broker made the producers wait: more than one event in twenty was due while it had
/// no room.
bool held_up_by_broker(const observation& seen) noexcept;

/// What is asked of a rate.
struct wish {
  double p99_ms{250};
  /// The generator may be this late with one event in a hundred; later, and it is the generator
  /// that is measured.
  double late_ms{50};
};

/// Whether a rate was kept up, and if not, why not.
enum class finding : std::uint8_t {
  sustained,
  backlog_grows,      ///< more came than was stored
  too_slow,           ///< the backlog is steady, and p99 above the wish
  generator_limited,  ///< the load was not what it should have been: says nothing about the rest
};

std::string_view name_of(finding f) noexcept;      ///< "backlog_grows", for JSON
std::string_view sentence_of(finding f) noexcept;  ///< "the backlog grows"

struct judgement {
  finding what{finding::sustained};
  double growth{};     ///< of the backlog, events per second
  double growth_ok{};  ///< what noise and rounding explain
  bool close{};        ///< near enough to the line that measuring again may say otherwise
  bool decisive{};     ///< so far from it that it will not: less than half was stored

  bool sustained() const noexcept { return what == finding::sustained; }
};

/// Growth is the median slope over all pairs of samples (Theil 1950, Sen 1968), which one pause of
/// a second does not move; it may be 1 % of the rate plus twice the median deviation from that
/// line, spread over the window.
judgement judge(const observation& seen, const wish& wanted);

/// Median slope of the samples, events per second, and the median absolute deviation from the line
/// with that slope through the medians. Zero with fewer than three samples.
struct backlog_trend {
  double slope{};
  double deviation{};
};
backlog_trend backlog_trend_of(const std::vector<backlog_sample>& samples);

}  // namespace td::bench
