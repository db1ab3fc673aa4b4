#pragma once

#include <chrono>
#include <csignal>
#include <string>

namespace td {

/// Turns SIGINT, SIGTERM and SIGHUP (a closed terminal; not where it is ignored, as nohup has it)
/// into something a thread can wait for. Make it first in the process,
/// before any thread, so that every thread inherits the blocked signals. One instance.
class stop_signal {
 public:
  stop_signal();
  ~stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  /// Asks for the stop from inside the process. Any thread.
  void request() noexcept;

  /// True once a signal or a request has come; waits for one for at most `timeout`
  /// (negative: for ever). One thread.
  bool wait(std::chrono::milliseconds timeout);

  /// "SIGTERM", "SIGINT", "SIGHUP", or "request"; empty before the stop.
  const std::string& reason() const noexcept { return reason_; }

 private:
  int signals_{-1};
  int requests_{-1};
  sigset_t before_{};
  std::string reason_;
};

}  // namespace td
