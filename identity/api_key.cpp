#include "identity/api_key.hpp"

#include <algorithm>
#include <cstdint>

namespace td {

namespace {

constexpr std::string_view scheme = "td_";
constexpr std::size_t prefix_size = 8;
constexpr std::size_t secret_size = 43;  // 62^43 > 2^256
constexpr std::size_t checksum_size = 6;
constexpr std::size_t size = scheme.size() + prefix_size + 1 + secret_size + checksum_size;

/// CRC-32 as in zlib (ISO 3309, reflected, polynomial 0xedb88320).
std::uint32_t crc32_of(std::string_view text) {
  std::uint32_t crc = 0xffff'ffffU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb8'8320U : 0U);
  }
  return ~crc;
}

std::string checksum_of(std::string_view text) {
  std::string out(checksum_size, '0');
  auto n = crc32_of(text);
  for (auto c = out.rbegin(); c != out.rend(); ++c) {
    *c = crypto::alphanumeric[n % crypto::alphanumeric.size()];
    n /= static_cast<std::uint32_t>(crypto::alphanumeric.size());
  }
  return out;
}

bool is_alphanumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return crypto::alphanumeric.find(c) != std::string_view::npos; });
}

}  // namespace

api_key_text make_api_key() {
  api_key_text k;
  k.prefix = crypto::random_text(prefix_size);
  k.text.append(scheme).append(k.prefix).append("_").append(crypto::random_text(secret_size));
  k.text += checksum_of(k.text);
  k.hash = crypto::sha256(k.text);
  return k;
}

std::optional<api_key_text> parse_api_key(std::string_view text) {
  if (text.size() != size || !text.starts_with(scheme)) return std::nullopt;
  const auto prefix = text.substr(scheme.size(), prefix_size);
  const auto rest = text.substr(scheme.size() + prefix_size);
  if (rest.front() != '_' || !is_alphanumeric(prefix) || !is_alphanumeric(rest.substr(1)))
    return std::nullopt;
  const auto body = text.substr(0, size - checksum_size);
  if (checksum_of(body) != text.substr(body.size())) return std::nullopt;
  return api_key_text{std::string{text}, std::string{prefix}, crypto::sha256(text)};
}

}  // namespace td
