#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>

#include "pipeline/result.hpp"

namespace td {

/// An open file descriptor that closes itself. -1: none.
class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) noexcept : fd_{fd} {}
  unique_fd(unique_fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_{-1};
};

/// Who is to own a file, and who may do what with it.
struct file_rights {
  mode_t mode{0600};
  uid_t uid{static_cast<uid_t>(-1)};  ///< -1: whoever makes it
  gid_t gid{static_cast<gid_t>(-1)};
};

/// "cannot open /x/y: Permission denied", from errno. EACCES and EPERM: permission_denied, all
/// else: internal.
failure system_failure(std::string_view what, const std::filesystem::path& path);

/// The whole file; absent when it can't be read. Made for small files and /proc.
std::optional<std::string> read_text(const std::filesystem::path& file);

/// The last `bytes` of a file from the start of a line, for error messages; empty when absent.
std::string tail_of(const std::filesystem::path& file, std::size_t bytes);

/// Writes a file so that a crash leaves either the old one or the new one, complete, on disk: a
/// new file beside it (never through a link that stands there), fsync, rename, fsync of the folder.
/// The rights hold from the first byte on.
result<void> write_durably(const std::filesystem::path& file, std::string_view text,
                           const file_rights& rights);

/// Makes a folder, or gives an existing one these rights. A link or a file in its place:
/// configuration_invalid.
result<void> ensure_folder(const std::filesystem::path& folder, const file_rights& rights);

/// Puts names of a folder (after rename, unlink) on disk.
result<void> sync_folder(const std::filesystem::path& folder);

/// Lines `key=value`; empty lines and `#` comments are left out. Absent when a line is neither.
std::optional<std::map<std::string, std::string>> parse_key_values(std::string_view text);

}  // namespace td
