#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/profile.hpp"

namespace td::bench {

/// When each event of a profile is due: the inverse of the profile's cumulative count. Event n is
/// due when n events should have been sent, so the first of a piece is due at its begin, and a
/// burst's events are all due at its moment, behind those of the pieces that were due before it.
/// Plain data, never changes; any thread.
class timetable {
 public:
  explicit timetable(const load_profile& profile);

  /// Due within the duration [0, end).
  std::uint64_t events() const noexcept { return events_; }

  /// Counted from the start; never falls as n grows. For n < events().
  std::chrono::nanoseconds due(std::uint64_t n) const noexcept;

 private:
  struct stretch {
    double before;  ///< events of the pieces before this one
    double begin;   ///< seconds
    double from;    ///< events per second
    double slope;   ///< events per second, per second
    double end;     ///< seconds
  };

  std::uint64_t base_events_before(double seconds) const noexcept;
  double base_due(std::uint64_t n) const noexcept;

  std::vector<stretch> stretches_;
  std::uint64_t base_events_{};
  std::vector<std::uint64_t> burst_first_;  ///< number of each burst's first event
  std::uint64_t burst_events_{};
  double burst_every_{};  ///< seconds
  std::uint64_t events_{};
};

/// One producer's turns in a timetable. Fixed before the first event is sent: an event that is sent
/// late is late, and no later one moves (Tene, "How NOT to Measure Latency": coordinated omission).
/// Producers take turns: event k of producer i is the whole load's event k * producers + i.
class schedule {
 public:
  schedule(std::shared_ptr<const timetable> whole, unsigned producer, unsigned producers) noexcept
      : whole_{std::move(whole)}, producer_{producer}, producers_{producers} {}

  /// How many events are this producer's.
  std::uint64_t events() const noexcept {
    return whole_->events() / producers_ + (producer_ < whole_->events() % producers_ ? 1 : 0);
  }

  std::chrono::nanoseconds due(std::uint64_t k) const noexcept {
    return whole_->due(k * producers_ + producer_);
  }

 private:
  std::shared_ptr<const timetable> whole_;
  unsigned producer_;
  unsigned producers_;
};

/// A constant rate for so many events (at least: the last millisecond is a whole one).
load_profile constant_rate(double events_per_second, std::uint64_t events);

}  // namespace td::bench
