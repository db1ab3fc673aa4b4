#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>
#include <utility>
#include <vector>

#include "bench/process_usage.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What to run. The child has our environment without TAYLORDASH_*, and these variables.
struct child_command {
  std::vector<std::string> arguments{};  ///< the program first; a path, or a name to look up
  std::vector<std::pair<std::string, std::string>> environment{};
};

/// A process of ours, whose output (standard output and error) is kept line by line as it comes. It
/// dies with the thread that started it, and with this object. One thread.
class child {
 public:
  /// internal: it can't be started.
  static result<std::unique_ptr<child>> start(const child_command& command);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  pid_t pid() const noexcept { return pid_; }

  /// Waits until it has written a line with `text` in it, and returns that line. timed_out;
  /// stopping: `stop` came first; internal: it ended first (the detail has what it wrote last).
  result<std::string> await_line(std::string_view text, std::chrono::milliseconds within,
                                 stop_signal& stop);

  /// Sends a signal (0: none), waits until it has ended, and says what it has used. timed_out: it
  /// still runs; internal: it ended otherwise than with status 0 (the detail says how).
  result<cpu_time> end(int signal, std::chrono::milliseconds within);

  /// True while it runs.
  bool runs() const;

  /// The last lines that it has written.
  std::string last_words() const;

 private:
  child(pid_t pid, int output);
  void collect(int output);
  failure ended_early() const;

  pid_t pid_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool silent_{};  ///< the output has been closed
  std::jthread reader_;
};

}  // namespace td::bench
