#include "storage/bytea.hpp"

namespace td {
namespace {

int nibble(char c) noexcept {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

}  // namespace

std::string to_bytea(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out{"\\x"};
  out.reserve(2 + 2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

void from_bytea(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    out += static_cast<char>((nibble(text[i]) << 4) | nibble(text[i + 1]));
}

}  // namespace td
