#include "pipeline/uuid.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <sys/random.h>
#include <system_error>

#include <openssl/evp.h>

namespace td {
namespace {

constexpr std::uint8_t not_hex = 0xff;

constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(not_hex);
  for (std::uint8_t digit = 0; digit < 10; ++digit)
    values['0' + digit] = digit;
  for (std::uint8_t digit = 0; digit < 6; ++digit) {
    values['a' + digit] = values['A' + digit] = static_cast<std::uint8_t>(10 + digit);
  }
  return values;
}();

// Where the 16 bytes' first digits stand in 8-4-4-4-12.
constexpr std::array<std::uint8_t, 16> dashed_places{0,  2,  4,  6,  9,  11, 14, 16,
                                                     19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::size_t dashed_size = 36;
constexpr std::size_t plain_size = 32;

/// Reads 16 bytes, whose first digits stand at `place(i)`; false when one is not hex.
template <class Place>
bool read_bytes(std::string_view text, Place place, uuid& id) noexcept {
  std::uint8_t bad = 0;  // hex values stay below 16, so the upper half betrays a stranger
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    auto const high = hex_values[static_cast<unsigned char>(text[place(i)])];
    auto const low = hex_values[static_cast<unsigned char>(text[place(i) + 1])];
    bad |= high | low;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return (bad & 0xf0) == 0;
}

const EVP_MD* sha1() {
  // Fetched once: OpenSSL 3 searches its providers at every implicit fetch.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{
      EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free};
  if (!algorithm) throw std::runtime_error{"OpenSSL offers no SHA-1"};
  return algorithm.get();
}

EVP_MD_CTX* digest_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{
      EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  if (!context) throw std::bad_alloc{};
  return context.get();
}

void set_version(uuid& id, std::uint8_t version) noexcept {
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | version << 4);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);  // RFC 4122 variant
}

}  // namespace

std::optional<uuid> parse_uuid(std::string_view text) noexcept {
  if (text.size() != dashed_size) return std::nullopt;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  uuid id;
  if (!read_bytes(
          text, [](std::size_t i) { return dashed_places[i]; }, id))
    return std::nullopt;
  return id;
}

std::optional<uuid> parse_trace_id(std::string_view text) noexcept {
  auto id = parse_uuid(text);
  if (!id && text.size() == plain_size) {
    id.emplace();
    if (!read_bytes(
            text, [](std::size_t i) { return 2 * i; }, *id))
      return std::nullopt;
  }
  if (id == uuid{}) return std::nullopt;
  return id;
}

std::string to_string(const uuid& id) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text(dashed_size, '-');
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    text[dashed_places[i]] = digits[id.bytes[i] >> 4];
    text[dashed_places[i] + 1u] = digits[id.bytes[i] & 0x0f];
  }
  return text;
}

uuid uuid_v5(const uuid& name_space, std::string_view name) {
  auto* const context = digest_context();
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  if (EVP_DigestInit_ex2(context, sha1(), nullptr) != 1 ||
      EVP_DigestUpdate(context, name_space.bytes.data(), name_space.bytes.size()) != 1 ||
      EVP_DigestUpdate(context, name.data(), name.size()) != 1 ||
      EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
    throw std::runtime_error{"OpenSSL cannot compute SHA-1"};
  }
  uuid id;
  std::memcpy(id.bytes.data(), digest.data(), id.bytes.size());
  set_version(id, 5);
  return id;
}

uuid random_uuid() {
  uuid id;
  // Requests of up to 256 bytes are never cut short (getrandom(2)), only interrupted while the
  // generator is not seeded yet.
  while (getrandom(id.bytes.data(), id.bytes.size(), 0) < 0) {
    if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "getrandom"};
  }
  set_version(id, 4);
  return id;
}

std::uint64_t hash_of(const uuid& id) noexcept {
  // The finaliser of MurmurHash3 (fmix64) over both halves.
  auto const mix = [](std::uint64_t h) {
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdULL;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return h ^ (h >> 33);
  };
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), id.bytes.data(), id.bytes.size());
  return mix(mix(halves[0]) + halves[1]);
}

}  // namespace td
