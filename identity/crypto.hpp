#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What identity/ needs of cryptography, and nothing else: the only place that knows libsodium.
/// Any thread. Functions throw std::runtime_error where the machine has no random source or the
/// library can't work: nothing can be done without it.
namespace td::crypto {

using digest = std::array<std::uint8_t, 32>;
using key = std::array<std::uint8_t, 32>;

/// The bytes of an array as text.
template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// SHA-256 (FIPS 180-4).
digest sha256(std::string_view bytes);

/// HMAC-SHA-256 (RFC 2104).
digest hmac_sha256(const key& k, std::string_view bytes);

/// HMAC-SHA-1, for TOTP alone: authenticator apps know nothing else.
std::array<std::uint8_t, 20> hmac_sha1(std::string_view k, std::string_view bytes);

/// A key for one purpose from the deployment's secret (HMAC-SHA-256 of the purpose). Keys of
/// different purposes tell nothing about each other.
key derive(const key& secret, std::string_view purpose);

/// Bytes from the operating system's generator.
std::string random_bytes(std::size_t n);

/// 0-9 A-Z a-z.
inline constexpr std::string_view alphanumeric =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `n` of these letters, each equally likely.
std::string random_text(std::size_t n, std::string_view letters = alphanumeric);

/// Whether two texts are equal, in a time that depends on their sizes only.
bool equal(std::string_view a, std::string_view b) noexcept;

/// Overwrites and empties.
void wipe(std::string& text) noexcept;

// -- text forms ---

/// RFC 4648 section 5 without padding.
std::string base64url(std::string_view bytes);

/// Back again: absent for padding, other characters, and anything that `base64url` would have
/// written differently. One value has one text.
std::optional<std::string> from_base64url(std::string_view text);

/// RFC 4648 section 6 without padding.
std::string base32(std::string_view bytes);

// -- signatures: Ed25519 (RFC 8032) ---

using signature = std::array<std::uint8_t, 64>;

struct key_pair {
  key seed{};  ///< the private half
  key public_key{};
};
key_pair key_pair_of(const key& seed);
key_pair make_key_pair();
signature sign(const key& seed, std::string_view message);
bool verify(const key& public_key, std::string_view message, std::string_view signature) noexcept;

// -- secrets at rest: XChaCha20-Poly1305 ---

/// Encrypts: random nonce, then ciphertext and tag. `context` is not kept, but has to be the same
/// when it is opened: what was sealed for one row can't be opened in another.
std::string seal(const key& k, std::string_view plain, std::string_view context);

/// Absent: another key, another context, or changed bytes.
std::optional<std::string> open(const key& k, std::string_view sealed, std::string_view context);

}  // namespace td::crypto
