#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace td::bench {

/// CPU time, as the kernel counts it in clock ticks (10 ms).
struct cpu_time {
  std::chrono::milliseconds user{};
  std::chrono::milliseconds system{};

  std::chrono::milliseconds total() const noexcept { return user + system; }
  cpu_time operator-(const cpu_time& o) const noexcept {
    return {user - o.user, system - o.system};
  }
  cpu_time operator+(const cpu_time& o) const noexcept {
    return {user + o.user, system + o.system};
  }
  bool operator==(const cpu_time&) const = default;
};

/// What all threads of a process have used, also those that have ended (proc(5), /proc/PID/stat,
/// fields 14 and 15). Absent when there is no such process. Any thread.
std::optional<cpu_time> cpu_of(pid_t pid);

/// The same of a process, its living children and the children that it has collected: a PostgreSQL
/// server with all its backends. Absent when there is no such process.
std::optional<cpu_time> cpu_of_family(pid_t pid);

/// The most resident memory a process has had, in bytes (VmHWM). Absent when there is none.
std::optional<std::size_t> peak_memory_of(pid_t pid);

/// The resident memory it has now, in bytes (VmRSS). Absent when there is none.
std::optional<std::size_t> memory_of(pid_t pid);

/// How many descriptors it has open. Absent when there is no such process, or it is not ours.
std::optional<std::size_t> descriptors_of(pid_t pid);

/// What the whole machine has worked since it started (proc(5), /proc/stat: everything but idle
/// and waiting for I/O), the time that the hypervisor took from us included.
std::chrono::milliseconds machine_busy();

/// Where one line of /proc/PID/stat has its numbers. Absent when the line is malformed.
struct stat_line {
  pid_t parent{};
  cpu_time own{};
  cpu_time collected{};  ///< of children that were waited for
};
std::optional<stat_line> parse_stat_line(std::string_view line);

}  // namespace td::bench
