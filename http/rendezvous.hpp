#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/async.hpp"

namespace td {

/// Where a coroutine waits for another thread. The thread may come early, late or never; after the
/// time has passed, or when the coroutine has ended with its server, its arrival touches nothing.
class rendezvous : public std::enable_shared_from_this<rendezvous> {
 public:
  /// Waits on the coroutine's executor; whether the other has arrived within the time. Once.
  asio::awaitable<bool> wait(std::chrono::milliseconds at_most);

  /// Any thread, once. What was written before is seen by whoever waits.
  void arrive();

 private:
  class waiting;

  std::mutex mutex_;
  bool arrived_{};
  asio::steady_timer* timer_{};  ///< of the coroutine that waits, which owns it
  std::optional<asio::any_io_executor> executor_{};
};

}  // namespace td
