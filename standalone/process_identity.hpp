#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "pipeline/result.hpp"

namespace td {

/// One process, told apart from every other that ever had or will have its pid: the kernel hands
/// pids out again, but never the same pid with the same start time in the same boot.
struct process_identity {
  pid_t pid{};
  std::uint64_t start_ticks{};  ///< field 22 of /proc/PID/stat (proc(5)): clock ticks after boot
  std::string boot{};           ///< /proc/sys/kernel/random/boot_id

  bool operator==(const process_identity&) const = default;
};

/// The living process with this pid; absent when there is none, also when it has ended and nobody
/// has collected it yet. Any thread.
std::optional<process_identity> identify(pid_t pid);

/// Whether the process was started with `name=value` in its environment. False as well when its
/// environment may not be read: what can't be proved isn't so. Any thread.
bool started_with(pid_t pid, std::string_view name, std::string_view value);

/// A process on record: who it is, and which instance of the product it belongs to.
struct process_record {
  process_identity process{};
  std::string instance{};

  bool operator==(const process_record&) const = default;
};

/// Three `key=value` lines, and back. Absent for anything malformed.
std::string to_text(const process_record& record);
std::optional<process_record> parse_process_record(std::string_view text);

/// The record in `file`; absent when there is no file or it isn't a record.
std::optional<process_record> read_process_record(const std::filesystem::path& file);

}  // namespace td
