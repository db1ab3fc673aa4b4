#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/result.hpp"
#include "standalone/files.hpp"
#include "standalone/os_user.hpp"
#include "standalone/process_identity.hpp"

namespace td {

/// Where everything of an instance lies; the picture is in README.md.
struct data_layout {
  std::filesystem::path root;

  std::filesystem::path marker() const { return root / "taylordash.instance"; }
  std::filesystem::path lock() const { return root / "lock"; }
  std::filesystem::path ports() const { return root / "ports"; }
  std::filesystem::path cluster() const { return root / "postgresql"; }
  std::filesystem::path broker() const { return root / "mosquitto"; }
  std::filesystem::path secrets() const { return root / "secrets"; }
  /// From which the keys of sign-in and audit are derived; the service makes it.
  std::filesystem::path identity_secret() const { return secrets() / "identity"; }
  /// What the first admin signs in with at first; the service makes it.
  std::filesystem::path admin_password() const { return secrets() / "admin-password"; }
  std::filesystem::path etc() const { return root / "etc"; }
  std::filesystem::path tls() const { return root / "tls"; }
  std::filesystem::path log() const { return root / "log"; }
  std::filesystem::path run() const { return root / "run"; }
  std::filesystem::path socket_folder() const { return run() / "pg"; }
  std::filesystem::path env() const { return run() / "env"; }
};

/// The layout of the directory with this name: absolute, without links in the part that exists, so
/// that one directory has one name. configuration_invalid: it is `/`, or can't be resolved.
result<data_layout> layout_of(const std::filesystem::path& path);

/// Who the two servers run as: as root their own accounts, otherwise whoever we are.
struct server_users {
  os_user postgres;
  os_user mosquitto;
};

/// configuration_invalid: root, and an account is missing (the detail says what to install).
result<server_users> choose_server_users();

/// A path for AF_UNIX ends at 107 bytes (unix(7): sun_path holds 108 with the closing zero).
inline constexpr std::size_t longest_socket_path = 107;

/// As root /var/lib/taylordash, else $XDG_DATA_HOME/taylordash or ~/.local/share/taylordash
/// (XDG Base Directory Specification 0.8). configuration_invalid: no home is known.
result<std::filesystem::path> default_data_dir();

/// A data directory that is ours and locked: as long as this object lives, no other process uses
/// it. Move-only. The kernel gives the lock back when we die, however we die.
class data_directory {
 public:
  /// Opens or makes the directory, checks everything that would fail later, locks it.
  /// configuration_invalid: the path is too long for a socket, has characters that the servers'
  /// configuration files can't hold, lies below a folder that a server's user may not enter, holds
  /// something else, was made by a newer version, or is in use; permission_denied: it belongs to
  /// another user. Each detail says how to mend it.
  static result<data_directory> open(const std::filesystem::path& path, const server_users& users);

  /// The same for a directory that must be there already: not_ours (configuration_invalid) when
  /// it isn't one. Absent when another process holds the lock.
  static result<std::optional<data_directory>> open_existing(const std::filesystem::path& path,
                                                             const server_users& users);

  const data_layout& layout() const noexcept { return layout_; }

  /// A UUID made with the directory; every process that belongs to it carries it.
  const std::string& instance() const noexcept { return instance_; }

  const server_users& users() const noexcept { return users_; }

  /// Removes what the product has put there, and the directory if nothing else is in it. Returns
  /// the names that were left alone. The servers must have stopped.
  result<std::vector<std::string>> purge();

 private:
  data_directory(data_layout layout, server_users users, unique_fd lock)
      : layout_{std::move(layout)}, users_{std::move(users)}, lock_{std::move(lock)} {}

  result<void> claim();
  result<void> read_marker(const std::string& text);
  result<void> make_folders();
  result<void> sign_lock();

  data_layout layout_;
  server_users users_;
  unique_fd lock_;
  std::string instance_{};
};

/// Who holds the lock of the directory, as far as is known. For messages and for `--stop`.
std::optional<process_identity> holder_of(const data_layout& layout);

}  // namespace td
