#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "mqtt/lane_session.hpp"

namespace td {

/// What the demo's producer has done so far.
struct demo_counts {
  std::uint64_t events{};        ///< made, each with one id and one time
  std::uint64_t broken{};        ///< of these, those that are to be dead-lettered
  std::uint64_t acknowledged{};  ///< the broker has them and somebody subscribes
  std::uint64_t resent{};        ///< published again, byte for byte, after a lost connection
};

/// A producer as it should be: holds each event until its PUBACK says that a subscriber has it,
/// publishes the same bytes again after a lost connection or a PUBACK with "no matching
/// subscribers", reconnects by itself with backoff, and stops making events while it holds 2000.
/// A thread of its own; any thread may ask.
class demo_producer {
 public:
  demo_producer(broker_options broker, std::uint64_t seed);

  /// Stops making events, waits briefly for the last PUBACKs, disconnects.
  ~demo_producer();

  demo_producer(const demo_producer&) = delete;
  demo_producer& operator=(const demo_producer&) = delete;

  demo_counts counts() const noexcept;

 private:
  void run(broker_options broker, std::uint64_t seed);

  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> events_{0}, broken_{0}, acknowledged_{0}, resent_{0};
  std::thread thread_;
};

}  // namespace td
