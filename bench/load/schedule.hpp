#pragma once

#include <chrono>
#include <cstdint>

namespace td::bench {

/// When each event of an open-loop load is due, counted from the start. Fixed before the first is
/// sent: an event that is sent late is late, and no later one moves (Tene, "How NOT to Measure
/// Latency": coordinated omission). Producers take turns: event k of producer i is the whole
/// load's event k * producers + i.
class schedule {
 public:
  /// `events_per_second` of all producers together, > 0.
  schedule(double events_per_second, unsigned producer, unsigned producers) noexcept
      : nanoseconds_per_event_{1e9 / events_per_second},
        producer_{producer},
        producers_{producers} {}

  std::chrono::nanoseconds due(std::uint64_t k) const noexcept {
    const auto place = static_cast<double>(k) * producers_ + producer_;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(place * nanoseconds_per_event_)};
  }

 private:
  double nanoseconds_per_event_;
  unsigned producer_;
  unsigned producers_;
};

}  // namespace td::bench
