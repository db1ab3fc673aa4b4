#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace td {

/// A file system as statvfs(3) shows it to an ordinary user.
struct disk_space {
  std::uint64_t free_bytes{};
  std::uint64_t total_bytes{};
};

/// Absent when the folder can't be looked at.
std::optional<disk_space> space_of(const std::filesystem::path& folder);

/// What the machine says about itself. Facts only.
struct machine_survey {
  std::uint64_t open_files{};        ///< in this process, now
  std::uint64_t open_files_limit{};  ///< RLIMIT_NOFILE, soft
  std::uint64_t open_files_hard_limit{};
  std::optional<std::uint64_t> available_memory{};  ///< bytes; of the container, where that is less
  std::optional<bool> clock_synchronised{};         ///< what the kernel was told (adjtimex(2))
  std::chrono::nanoseconds clock_offset{};          ///< wall clock minus the time since boot
};

machine_survey survey_machine();

}  // namespace td
