#pragma once

#include "identity/crypto.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/time.hpp"

namespace td {

/// A refresh token: the text, which its owner alone has, and the hash, which is stored.
struct refresh_token {
  std::string text{};  ///< "tdr_" and base64url of 32 bytes
  crypto::digest hash{};
};

/// The first of a family: 256 random bits.
refresh_token first_refresh_token();

/// The one that takes the place of `text`: HMAC-SHA-256 under a key of the service. It is always
/// the same one, so that two who present a token at once can be given the same successor, though
/// only its hash is stored; without the key it can't be told from 256 random bits.
refresh_token successor_of(std::string_view text, const crypto::key& k);

/// What is stored of it. Absent: no refresh token looks like this.
std::optional<crypto::digest> refresh_hash(std::string_view text);

/// What becomes of a refresh token that is presented.
enum class refresh_verdict : std::uint8_t {
  rotate,   ///< it is the newest: its successor takes its place
  repeat,   ///< it was replaced a moment ago: a second tab. It is given the same successor
  reused,   ///< it was replaced before: somebody has a copy. The family ends
  expired,  ///< too late
};

inline constexpr std::chrono::seconds refresh_grace{10};

/// `rotated_at`: when its successor was handed out first. A token that was replaced is `reused`
/// after the grace even when it would have expired by now.
refresh_verdict judge_refresh(std::optional<timestamp> rotated_at, timestamp expires_at,
                              timestamp now) noexcept;

}  // namespace td
