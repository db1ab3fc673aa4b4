#pragma once

#include "identity/role.hpp"
#include "identity/signing_key.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// What an access token says.
struct access_claims {
  uuid user{};     ///< sub
  uuid session{};  ///< sid
  std::string name{};
  td::role role{};
  timestamp issued_at{};   ///< iat, nbf; whole seconds
  timestamp expires_at{};  ///< exp; whole seconds

  bool operator==(const access_claims&) const = default;
};

struct token_rules {
  std::string issuer{};  ///< "urn:uuid:<the deployment's id>"
  std::string audience{"taylordash"};
  std::chrono::seconds lifetime{300};
  std::chrono::seconds leeway{30};  ///< how far the clocks of two nodes may differ
};

/// No token of ours is longer; longer ones are not looked at.
inline constexpr std::size_t max_access_token_bytes = 1024;

/// A JWT (RFC 7519) signed with Ed25519 (RFC 8037) that lives from `at`, rounded down to the
/// second, for `rules.lifetime`. The key must have its private half.
std::string issue_access_token(access_claims claims, const signing_key& key,
                               const token_rules& rules, timestamp at);

/// What a token says, if it is ours. In this order: its size, its header (exactly one of those that
/// the ring's keys write), its signature, and only then its content: issuer, audience, times.
/// token_invalid; token_expired: it was ours, and its time is over. Nothing of it has been held
/// against the database: the session may have ended. Costs a signature check, 60 us. Any thread.
result<access_claims> verify_access_token(std::string_view token, const key_ring& keys,
                                          const token_rules& rules, timestamp now);

}  // namespace td
