#pragma once

#include "identity/crypto.hpp"

#include <filesystem>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

/// The deployment's secret: 256 bits in a file of its owner's (mode 0600), outside the database.
/// Every key of identity/ is derived from it.
struct deployment_secret {
  crypto::key bytes{};

  crypto::key signing_keys() const { return crypto::derive(bytes, "taylordash signing keys"); }
  crypto::key audit() const { return crypto::derive(bytes, "taylordash audit chain"); }
  crypto::key csrf() const { return crypto::derive(bytes, "taylordash csrf"); }
  crypto::key refresh() const { return crypto::derive(bytes, "taylordash refresh tokens"); }
  crypto::key totp() const { return crypto::derive(bytes, "taylordash totp secrets"); }
  crypto::key recovery() const { return crypto::derive(bytes, "taylordash recovery codes"); }
};

/// not_found: there is no such file. configuration_invalid: it can't be read, or does not hold a
/// secret. permission_denied: every user of the machine may read it.
result<deployment_secret> load_secret(const std::filesystem::path& file);

/// Makes the file, never over one that is there: who is second gets the first one's. Its folder
/// must exist. configuration_invalid: it can't be written.
result<deployment_secret> make_secret(const std::filesystem::path& file);

/// Writes a small file of mode 0600 so that a crash leaves the old one or the new one, on disk.
/// configuration_invalid: it can't be written.
result<void> write_private(const std::filesystem::path& file, std::string_view text);

}  // namespace td
