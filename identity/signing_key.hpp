#pragma once

#include "identity/crypto.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/time.hpp"

namespace td {

/// One key that access tokens are signed with.
struct signing_key {
  std::string kid{};  ///< the thumbprint of the public half (RFC 7638, RFC 8037)
  crypto::key public_key{};
  std::optional<crypto::key> seed{};  ///< the private half; absent where it can't be opened here
  timestamp published_at{};
  timestamp signs_from{};  ///< until the next key does
};

/// A new one.
signing_key make_signing_key(timestamp published_at, timestamp signs_from);

/// RFC 7638 section 3 of an Ed25519 key: base64url of 32 bytes, 43 characters.
std::string thumbprint_of(const crypto::key& public_key);

/// When keys come and go.
struct rotation_rule {
  /// How long clients may keep a JWKS (its max-age): a key is published so long before it signs.
  std::chrono::seconds publish_ahead{600};
  std::chrono::hours rotate_every{24 * 30};
  /// How long tokens of a key that signs no more are still to be verified: their life and leeway.
  std::chrono::seconds verify_after{360};
};

/// What is to be done now. The first key of a deployment signs at once: nobody can have kept a JWKS
/// without it.
struct rotation {
  std::optional<timestamp> make{};    ///< a key that signs from then on
  std::vector<std::string> retire{};  ///< kids that nothing valid was signed with
};
rotation plan_rotation(const std::vector<signing_key>& keys, const rotation_rule& rule,
                       timestamp now);

/// The keys of the deployment at one moment. Immutable; any thread.
class key_ring {
 public:
  key_ring() = default;
  explicit key_ring(std::vector<signing_key> keys);

  /// The one that signs now; null where none can.
  const signing_key* signer(timestamp now) const noexcept;

  /// The key of a token's header, in its base64url form. Null for every header but those that
  /// `header_of` writes, byte for byte: no other algorithm, no key that a token brings along.
  const signing_key* with_header(std::string_view encoded) const noexcept;

  /// RFC 7517: all of them, also the one to come. Contains no secrets.
  const std::string& jwks() const noexcept { return jwks_; }

  const std::vector<signing_key>& keys() const noexcept { return keys_; }

 private:
  std::vector<signing_key> keys_;  // by signs_from
  std::vector<std::string> headers_;
  std::string jwks_{R"({"keys":[]})"};
};

/// base64url of {"alg":"EdDSA","kid":"...","typ":"at+jwt"} (RFC 9068 section 2.1).
std::string header_of(const signing_key& key);

}  // namespace td
