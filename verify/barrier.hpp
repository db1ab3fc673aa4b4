#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <vector>

namespace td::verify {

/// Tells when everything that the broker held at some moment has passed through the service.
///
/// After that moment each producer publishes `probes_per_producer` messages before anything else,
/// and arrives when all of them are stored. The broker deals messages to lanes one after the other
/// and keeps the order within a lane, and its next `probes_per_producer` messages, whoever they
/// come from, are all among the probes. So once every producer has arrived, every lane has
/// committed a message that came behind everything older. (Holds for up to `probes_per_producer`
/// lanes.)
///
/// Phases count upwards; whoever has arrived at one has arrived at all before it. Any thread.
class barrier {
 public:
  static constexpr std::size_t probes_per_producer = 32;

  explicit barrier(std::size_t producers) : arrived_(producers) {}

  void arrive(std::size_t producer, std::uint64_t phase) {
    const std::lock_guard lock{mutex_};
    arrived_[producer] = std::max(arrived_[producer], phase);
  }

  /// The last phase at which all have arrived; 0 at first.
  std::uint64_t passed() const {
    const std::lock_guard lock{mutex_};
    return *std::ranges::min_element(arrived_);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> arrived_;
};

}  // namespace td::verify
