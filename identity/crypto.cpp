#include "identity/crypto.hpp"

#include <sodium.h>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace td::crypto {

namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

/// libsodium wants to look at the processor once.
void ready() {
  static const bool done = sodium_init() >= 0;
  must(done, "libsodium can't be initialised");
}

/// libsodium's private key is the seed with the public key behind it.
struct expanded_key {
  explicit expanded_key(const key& seed) {
    ready();
    must(crypto_sign_seed_keypair(public_key.data(), bytes.data(), seed.data()) == 0,
         "no Ed25519 key can be made");
  }
  ~expanded_key() { sodium_memzero(bytes.data(), bytes.size()); }
  expanded_key(const expanded_key&) = delete;
  expanded_key& operator=(const expanded_key&) = delete;

  key public_key{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> bytes{};
};

}  // namespace

digest sha256(std::string_view bytes) {
  digest d;
  crypto_hash_sha256(d.data(), bytes_of(bytes), bytes.size());
  return d;
}

digest hmac_sha256(const key& k, std::string_view bytes) {
  digest d;
  crypto_auth_hmacsha256(d.data(), bytes_of(bytes), bytes.size(), k.data());
  return d;
}

std::array<std::uint8_t, 20> hmac_sha1(std::string_view k, std::string_view bytes) {
  std::array<std::uint8_t, 20> mac{};
  unsigned int size = 0;
  must(HMAC(EVP_sha1(), k.data(), static_cast<int>(k.size()), bytes_of(bytes), bytes.size(),
            mac.data(), &size) != nullptr &&
           size == mac.size(),
       "OpenSSL has no HMAC-SHA-1");
  return mac;
}

key derive(const key& secret, std::string_view purpose) {
  return hmac_sha256(secret, purpose);
}

std::string random_bytes(std::size_t n) {
  ready();
  std::string out(n, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

std::string random_text(std::size_t n, std::string_view letters) {
  ready();
  std::string out(n, '\0');
  for (char& c : out)
    c = letters[randombytes_uniform(static_cast<std::uint32_t>(letters.size()))];
  return out;
}

bool equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& text) noexcept {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

// -- text forms ---

std::string base64url(std::string_view bytes) {
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), variant);
  out.pop_back();  // the closing zero
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &size,
                        nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
    return std::nullopt;
  }
  out.resize(size);
  if (base64url(out) != text) return std::nullopt;
  return out;
}

std::string base32(std::string_view bytes) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8 | static_cast<unsigned char>(c)) & 0xffffU;
    for (bits += 8; bits >= 5; bits -= 5)
      out += letters[held >> (bits - 5) & 31U];
  }
  if (bits > 0) out += letters[held << (5 - bits) & 31U];
  return out;
}

// -- signatures ---

key_pair key_pair_of(const key& seed) {
  return {seed, expanded_key{seed}.public_key};
}

key_pair make_key_pair() {
  ready();
  key seed;
  randombytes_buf(seed.data(), seed.size());
  return key_pair_of(seed);
}

signature sign(const key& seed, std::string_view message) {
  const expanded_key secret{seed};
  signature s;
  must(crypto_sign_detached(s.data(), nullptr, bytes_of(message), message.size(),
                            secret.bytes.data()) == 0,
       "Ed25519 can't sign");
  return s;
}

bool verify(const key& public_key, std::string_view message, std::string_view sig) noexcept {
  return sig.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(bytes_of(sig), bytes_of(message), message.size(),
                                     public_key.data()) == 0;
}

// -- secrets at rest ---

std::string seal(const key& k, std::string_view plain, std::string_view context) {
  constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  auto out = random_bytes(nonce_bytes);
  out.resize(nonce_bytes + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  must(crypto_aead_xchacha20poly1305_ietf_encrypt(
           bytes_of(out) + nonce_bytes, nullptr, bytes_of(plain), plain.size(), bytes_of(context),
           context.size(), nullptr, bytes_of(out), k.data()) == 0,
       "XChaCha20-Poly1305 can't encrypt");
  return out;
}

std::optional<std::string> open(const key& k, std::string_view sealed, std::string_view context) {
  constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr std::size_t overhead = nonce_bytes + crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (sealed.size() < overhead) return std::nullopt;
  const auto box = sealed.substr(nonce_bytes);
  std::string out(sealed.size() - overhead, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(out), nullptr, nullptr, bytes_of(box),
                                                 box.size(), bytes_of(context), context.size(),
                                                 bytes_of(sealed), k.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace td::crypto
