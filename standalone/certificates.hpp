#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// A certificate and its private key, both PEM.
struct pem_identity {
  std::string certificate;
  std::string key;
};

/// A certificate authority of our own: ECDSA P-256 with SHA-256, valid for 10 years from a day
/// before `now` (a device's clock may be behind ours), may sign servers only. internal: OpenSSL
/// fails.
result<pem_identity> make_authority(const std::string& common_name,
                                    std::chrono::system_clock::time_point now);

/// A server's certificate for `names` (host names and addresses, as RFC 5280's subjectAltName),
/// signed by `authority`, valid for 397 days (the longest that current TLS clients take).
/// configuration_invalid: the authority is not a certificate with its key.
result<pem_identity> make_server_certificate(const pem_identity& authority,
                                             const std::vector<std::string>& names,
                                             std::chrono::system_clock::time_point now);

/// Whether certificate and key are well formed and belong together.
bool is_complete(const pem_identity& identity);

/// Whether `server` is complete, signed by `authority`, covers each of `names` and is still valid
/// at `then`.
bool is_good_for(const pem_identity& server, const pem_identity& authority,
                 const std::vector<std::string>& names, std::chrono::system_clock::time_point then);

}  // namespace td
