#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/result.hpp"
#include "standalone/files.hpp"
#include "standalone/os_user.hpp"
#include "standalone/process_identity.hpp"

namespace td {

/// What to run, as whom, and where its words go.
struct program {
  std::filesystem::path executable{};
  std::vector<std::string> arguments{};    ///< without the name itself
  std::vector<std::string> environment{};  ///< all of it, NAME=value
  os_user user{current_user()};            ///< another than ours: only as root
  std::filesystem::path log{};             ///< standard output and error, appended; made 0600
  std::string input{};                     ///< standard input, `run_to_end` only
};

/// How a process ended, in words for a log line: "exited with status 1", "killed by signal 9".
/// A process that isn't our child tells nobody: "ended".
struct ending {
  bool clean{};  ///< known to have exited with status 0
  std::string words{"ended"};
};

/// Runs a program that ends by itself, and waits. It dies with the calling thread. Returns its
/// ending. timed_out: it was killed; internal, permission_denied: it could not be started.
result<ending> run_to_end(const program& p, std::chrono::milliseconds limit);

/// A long-lived process that outlives us: it has a session of its own (no Ctrl-C of the terminal
/// reaches it) and goes on when we are killed; the next run finds it again through its record
/// file. Move-only; destroying the handle leaves the process alone. One thread at a time; `wait`
/// in several.
class server_process {
 public:
  /// Starts `p`, which gets the environment variable TAYLORDASH_INSTANCE=`instance`, and writes
  /// `record` before the program's first instruction: there is no moment at which it runs and we
  /// would not find it.
  static result<server_process> launch(program p, const std::filesystem::path& record,
                                       const std::string& instance);

  /// Takes the process on record over, if it still lives and provably is the one: same pid, start
  /// time and boot, and started for `instance`. Absent otherwise.
  static std::optional<server_process> adopt(const std::filesystem::path& record,
                                             const std::string& instance);

  pid_t pid() const noexcept { return identity_.pid; }
  bool adopted() const noexcept { return adopted_; }

  /// Readable (poll) once the process has ended.
  int ended_fd() const noexcept { return pidfd_.get(); }

  /// Waits until it has ended, at most `limit`; false: it still runs. Wakes early (false) when
  /// `cancel_fd` (-1: none) becomes readable.
  bool wait(std::chrono::milliseconds limit, int cancel_fd = -1) const;

  /// Sends a signal to exactly this process, never to a later owner of its pid.
  result<void> signal(int number) const;

  /// How it ended; call once, after `wait` has said so. Collects a child of ours.
  ending collect();

 private:
  server_process(process_identity identity, unique_fd pidfd, bool adopted)
      : identity_{std::move(identity)}, pidfd_{std::move(pidfd)}, adopted_{adopted} {}

  process_identity identity_;
  unique_fd pidfd_;
  bool adopted_;
};

/// Opens the process `who` for waiting and signals; absent when it doesn't live any more.
std::optional<unique_fd> open_process(const process_identity& who);

/// Waits until `fd` is readable, at most `limit`; false as well when `cancel_fd` is first.
bool readable_within(int fd, std::chrono::milliseconds limit, int cancel_fd = -1);

/// Sends a signal through a process's descriptor; success when it has ended already.
result<void> send_signal(int pidfd, int number);

}  // namespace td
