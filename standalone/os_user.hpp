#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

#include "pipeline/result.hpp"

namespace td {

/// An account of the operating system.
struct os_user {
  std::string name{};
  uid_t uid{};
  gid_t gid{};
};

/// The account with this name; absent when there is none. Any thread.
std::optional<os_user> find_user(const std::string& name);

/// Whoever this process runs as (effective ids).
os_user current_user();

/// The first folder on the way from `/` to `folder` (which need not exist) that `user` may not
/// enter; absent when nothing stands in the way. A child process with the user's rights tries it
/// out, so that every rule of the system counts, not only the mode bits. internal: no child could
/// be made. Becoming another user needs root.
result<std::optional<std::filesystem::path>> first_barrier(const std::filesystem::path& folder,
                                                           const os_user& user);

/// Becomes `user` for good; for a child between fork and exec (async-signal-safe, errno on false).
bool become(const os_user& user) noexcept;

}  // namespace td
