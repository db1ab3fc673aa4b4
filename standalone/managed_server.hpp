#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "pipeline/result.hpp"
#include "standalone/child_process.hpp"

namespace td {

/// A server of the instance: written configuration, a process that outlives us, a way to ask
/// whether it answers, a way to stop it. PostgreSQL and Mosquitto are the two kinds.
/// `start`, `collect` and `stop` exclude one another, and whoever holds `keep`; the others belong
/// to the thread that starts it, unless they say "any thread".
class managed_server {
 public:
  enum class beginning {
    running,  ///< it was ours already and goes on
    adopted,  ///< it survived an earlier run of ours
    started,  ///< a new process
  };

  virtual ~managed_server() = default;
  managed_server(const managed_server&) = delete;
  managed_server& operator=(const managed_server&) = delete;

  const std::string& name() const noexcept { return name_; }
  const std::filesystem::path& log() const noexcept { return log_; }

  /// Makes it run and answer: adopts the process of an earlier run (restarts that one in order
  /// when its configuration is not today's), or starts a new one. Blocks until it answers. Errors:
  /// stopping: `cancel_fd` became readable; timed_out; anything else: it can't run, and the
  /// detail has the last lines of its log.
  result<beginning> start(int cancel_fd);

  /// Stops it, in order of politeness, also one left over by an earlier run. Returns whether one
  /// ran. timed_out: it would not end, and still runs.
  result<bool> stop();

  /// Readable (poll) once the running process has ended; -1 when none runs.
  int ended_fd() const noexcept { return process_ ? process_->ended_fd() : -1; }

  /// How the process ended; after this, none runs. Only when `ended_fd` was readable.
  ending collect();

  /// Its pid; 0 when none runs. Any thread.
  pid_t pid() const;

  /// What is left to do once the supervisor has restarted it and it answers. May wait; returns when
  /// it is done, the process has ended, or `cancel_fd` is readable.
  virtual void brought_back(int /*cancel_fd*/) {}

 protected:
  struct stop_step {
    int signal;
    std::chrono::seconds patience;
    const char* words;
  };

  managed_server(std::string name, std::filesystem::path record, std::filesystem::path log,
                 std::string instance)
      : name_{std::move(name)},
        record_{std::move(record)},
        log_{std::move(log)},
        instance_{std::move(instance)} {}

  /// Whether the files on disk, which the running process has read, are what we would write.
  virtual bool configuration_is_current() const = 0;

  /// Everything before a new process: data, configuration files, leftovers out of the way.
  virtual result<void> prepare() = 0;

  virtual program command() const = 0;

  /// Whether it serves clients now. Blocks briefly.
  virtual bool answers() = 0;

  virtual std::span<const stop_step> stop_steps() const noexcept = 0;

  /// Whether a start that ended like this can succeed a moment later.
  virtual bool passes_by_itself(const std::string& words) const = 0;

  const std::string& instance() const noexcept { return instance_; }

  /// As long as this is held no process begins or is given up.
  std::unique_lock<std::recursive_mutex> keep() { return std::unique_lock{life_}; }

  /// Sends a signal to the running process; nothing when none runs. Any thread.
  result<void> signal(int number);

  /// Waits until `condition` holds, looking every few milliseconds. False: the limit has passed,
  /// no process runs (any more), or `cancel_fd` is readable.
  bool wait_for(std::chrono::milliseconds limit, const std::function<bool()>& condition,
                int cancel_fd = -1) const;

  /// When the running process was launched by this object.
  std::chrono::steady_clock::time_point launched_at() const noexcept { return launched_at_; }

 private:
  result<std::optional<server_process>> adopt_current();
  result<void> launch_and_wait(int cancel_fd);
  result<void> wait_until_it_answers(int cancel_fd);
  result<void> stop_process(server_process& running);
  failure died(std::string_view when, const ending& how) const;
  void rotate_log() const;

  std::string name_;
  std::filesystem::path record_;
  std::filesystem::path log_;
  std::string instance_;
  std::recursive_mutex life_;  // one of start, collect, stop at a time
  mutable std::mutex mutex_;   // guards the exchange of process_ against `pid` and `signal`
  std::optional<server_process> process_;
  std::chrono::steady_clock::time_point launched_at_{};
};

}  // namespace td
