#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "pipeline/result.hpp"
#include "standalone/child_process.hpp"
#include "verify/workplace.hpp"

namespace td::verify {

/// Runs this very program as `standalone` in a workplace, and starts it again whenever it has
/// ended: after a kill of ours, or by itself (which is counted, and is a fault of the product's).
/// PostgreSQL and the broker belong to that process, and outlive its death. Any thread.
class service_keeper {
 public:
  explicit service_keeper(const workplace& place);

  /// Like a crash of ours: the service and its servers go on without us.
  ~service_keeper();

  service_keeper(const service_keeper&) = delete;
  service_keeper& operator=(const service_keeper&) = delete;

  /// Starts it for the first time; returns once it is ready. internal: it ended, and the detail
  /// has the last lines of its log; timed_out; stopping.
  result<addresses> start(const std::stop_token& stop);

  /// SIGKILL; returns its pid once it is dead. It is started again after `downtime`. Absent when
  /// none lived within a minute, or `stop` came first.
  std::optional<pid_t> kill(std::chrono::milliseconds downtime, const std::stop_token& stop);

  /// Ends it in order, with its servers, for good. timed_out: something still runs.
  result<void> stop();

  struct counts {
    std::uint64_t starts{};
    std::uint64_t own_deaths{};  ///< endings that nobody asked for
    std::string last_words{};    ///< how the last of those ended
    bool given_up{};             ///< it ended so often that it was not started again
  };
  counts count() const;

 private:
  result<void> launch();
  void keep(const std::stop_token& stop);
  std::chrono::milliseconds note_ending();
  bool alive() const noexcept { return process_.has_value(); }

  const workplace place_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<server_process> process_;
  bool doomed_{};  ///< the ending to come is asked for
  std::chrono::milliseconds downtime_{};
  std::chrono::steady_clock::time_point started_{};
  std::uint64_t quick_deaths_{};
  counts counts_;
  unique_fd cancel_;
  std::jthread thread_;
};

}  // namespace td::verify
