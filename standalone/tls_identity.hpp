#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/result.hpp"
#include "standalone/os_user.hpp"

namespace td {

/// The files of a TLS listener.
struct tls_files {
  std::filesystem::path ca_certificate;  ///< what devices are given; everybody may read it
  std::filesystem::path ca_key;          ///< ours alone
  std::filesystem::path certificate;
  std::filesystem::path key;  ///< the server's user alone

  static tls_files in(const std::filesystem::path& folder);
};

/// The names a device may know this machine by when it connects to `listen`: that address, or all
/// of this machine's where it means "all"; the host name; localhost.
std::vector<std::string> names_of_this_machine(const std::string& listen);

/// Makes sure that `files` hold an authority of our own and a certificate of it for `names`. What
/// is there is kept: the authority always (devices trust it), the certificate while it covers the
/// names and has 30 days left at `now`. `server` gets to read the key. configuration_invalid: the
/// authority's certificate is there and its key is not.
result<void> ensure_tls_identity(const tls_files& files, const std::vector<std::string>& names,
                                 const os_user& server, std::chrono::system_clock::time_point now);

/// Whether `ensure_tls_identity` would have nothing to do.
bool tls_identity_is_current(const tls_files& files, const std::vector<std::string>& names,
                             std::chrono::system_clock::time_point now);

}  // namespace td
