#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "verify/barrier.hpp"
#include "verify/expectation_book.hpp"

namespace td::verify {

/// Counts up, and wakes whoever waits for a number. Any thread.
class milestone {
 public:
  void add() {
    if (count_.fetch_add(1) + 1 != target_.load()) return;
    const std::lock_guard lock{mutex_};
    reached_.notify_all();
  }

  std::uint64_t value() const noexcept { return count_.load(); }

  /// Waits until the count is at least `target`; false when `stop` came first. One waiter.
  bool await(std::uint64_t target, const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    target_ = target;
    return reached_.wait(lock, stop, [&] { return count_.load() >= target; });
  }

 private:
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> target_{~std::uint64_t{0}};
  std::mutex mutex_;
  std::condition_variable_any reached_;
};

/// What the threads of a run tell each other. Any thread.
struct exchange {
  explicit exchange(std::size_t producers) : passage{producers} {}

  expectation_book book;
  milestone published;  ///< messages of the plan, published or about to be
  barrier passage;

  /// Broker processes that were there before this one. Raised once a broker is seen to be dead:
  /// a connection that was opened under a number leads to that process or to a later one, so what
  /// it acknowledged is never taken for safer than it is.
  std::atomic<std::uint64_t> broker_generation{0};

  /// Whatever of the plan is not published yet never will be.
  std::atomic<bool> closing{false};

  /// Everything of the plan is stored: one more barrier, then the audit.
  std::atomic<bool> finishing{false};

  /// Of the barrier: two per generation, the second for the end.
  static std::uint64_t phase_of(std::uint64_t generation, bool finishing) noexcept {
    return 2 * generation + (finishing ? 1 : 0);
  }
};

}  // namespace td::verify
