#include "identity/totp.hpp"

#include <array>

#include <fmt/format.h>

namespace td {

namespace {

constexpr std::chrono::seconds step_length{30};
constexpr std::int64_t window = 1;

std::string without_blanks(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (c != ' ' && c != '-') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// RFC 3986: what is not unreserved is written %XX.
std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

std::string make_totp_secret() {
  return crypto::random_bytes(totp_secret_bytes);
}

std::int64_t totp_step_at(timestamp t) noexcept {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch() / step_length;
}

std::string totp_code(std::string_view secret, std::int64_t step, unsigned digits) {
  std::array<std::uint8_t, 8> counter{};
  auto n = static_cast<std::uint64_t>(step);
  for (auto byte = counter.rbegin(); byte != counter.rend(); ++byte, n >>= 8)
    *byte = static_cast<std::uint8_t>(n);
  const auto mac = crypto::hmac_sha1(secret, crypto::view(counter));
  // RFC 4226 section 5.3: dynamic truncation.
  const std::size_t at = mac.back() & 0x0fU;
  const std::uint32_t value = (mac[at] & 0x7fU) << 24 |
                              static_cast<std::uint32_t>(mac[at + 1]) << 16 |
                              static_cast<std::uint32_t>(mac[at + 2]) << 8 | mac[at + 3];
  std::uint32_t modulus = 1;
  for (unsigned i = 0; i < digits; ++i)
    modulus *= 10;
  return fmt::format("{:0{}}", value % modulus, digits);
}

std::optional<std::int64_t> accept_totp(std::string_view secret, std::string_view code,
                                        std::int64_t last_step, timestamp now) {
  const auto given = without_blanks(code);
  std::optional<std::int64_t> accepted;
  const auto current = totp_step_at(now);
  // All of them are tried, so that the time tells nothing.
  for (auto step = current - window; step <= current + window; ++step) {
    if (crypto::equal(totp_code(secret, step), given) && step > last_step && !accepted)
      accepted = step;
  }
  return accepted;
}

std::string totp_uri(std::string_view issuer, std::string_view account, std::string_view secret) {
  const auto by = percent_encoded(issuer);
  return fmt::format(
      "otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits=6&period=30", by,
      percent_encoded(account), crypto::base32(secret));
}

std::vector<std::string> make_recovery_codes() {
  static constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz2345678";
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < recovery_codes; ++i)
    codes.push_back(crypto::random_text(10, letters).insert(5, 1, '-'));
  return codes;
}

crypto::digest recovery_hash(std::string_view code, const crypto::key& k) {
  return crypto::hmac_sha256(k, without_blanks(code));
}

}  // namespace td
