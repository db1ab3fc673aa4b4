#include "identity/refresh_token.hpp"

namespace td {

namespace {

constexpr std::string_view prefix = "tdr_";

refresh_token token_of(std::string_view bytes) {
  refresh_token t;
  t.text = std::string{prefix} + crypto::base64url(bytes);
  t.hash = crypto::sha256(t.text);
  return t;
}

}  // namespace

refresh_token first_refresh_token() {
  return token_of(crypto::random_bytes(32));
}

refresh_token successor_of(std::string_view text, const crypto::key& k) {
  return token_of(crypto::view(crypto::hmac_sha256(k, text)));
}

std::optional<crypto::digest> refresh_hash(std::string_view text) {
  constexpr std::size_t size = prefix.size() + 43;  // base64url of 32 bytes
  if (text.size() != size || !text.starts_with(prefix)) return std::nullopt;
  if (!crypto::from_base64url(text.substr(prefix.size()))) return std::nullopt;
  return crypto::sha256(text);
}

refresh_verdict judge_refresh(std::optional<timestamp> rotated_at, timestamp expires_at,
                              timestamp now) noexcept {
  if (rotated_at) {
    return now < *rotated_at + refresh_grace ? refresh_verdict::repeat : refresh_verdict::reused;
  }
  return now < expires_at ? refresh_verdict::rotate : refresh_verdict::expired;
}

}  // namespace td
