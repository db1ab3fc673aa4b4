#include "pipeline/text.hpp"

#include <iterator>

#include <fmt/format.h>

namespace td {
namespace {

constexpr bool between(char32_t low, char32_t c, char32_t high) noexcept {
  return low <= c && c <= high;
}

/// C0 and C1 controls; zero-width, bidirectional and separating format characters; noncharacters.
bool is_hidden(char32_t c) noexcept {
  return c < 0x20 || between(0x7f, c, 0x9f) || c == 0xad || between(0x200b, c, 0x200f) ||
         between(0x2028, c, 0x202e) || between(0x2060, c, 0x206f) || c == 0xfeff ||
         between(0xfff9, c, 0xfffb) || (c & 0xfffe) == 0xfffe || between(0xe0000, c, 0xe007f);
}

}  // namespace

utf8_character first_character(std::string_view text) noexcept {
  if (text.empty()) return {};
  auto const byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  // Size, and the range of the second byte, which excludes overlong forms and surrogates.
  std::size_t size = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (between(0xc2, lead, 0xdf)) {
    size = 2;
  } else if (between(0xe0, lead, 0xef)) {
    size = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (between(0xf0, lead, 0xf4)) {
    size = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  }
  if (size == 0 || text.size() < size || !between(low, byte(1), high)) return {};
  char32_t code_point = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (!between(0x80, byte(i), 0xbf)) return {};
    code_point = code_point << 6 | (byte(i) & 0x3f);
  }
  return {code_point, size};
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  auto const to = std::back_inserter(out);
  for (std::size_t i = 0; i < text.size();) {
    auto const c = first_character(text.substr(i));
    auto const size = c.size == 0 ? 1 : c.size;
    if (i + size > max_bytes) {
      out += "...";
      break;
    }
    if (c.size == 0) {
      fmt::format_to(to, "\\x{:02x}", static_cast<unsigned char>(text[i]));
    } else if (is_hidden(c.code_point)) {
      fmt::format_to(to, "\\u{:04x}", static_cast<std::uint32_t>(c.code_point));
    } else {
      out += text.substr(i, size);
    }
    i += size;
  }
  return out;
}

std::string quoted(std::string_view text, std::size_t max_bytes) {
  auto out = fmt::format("\"{}\"", printable(text, max_bytes));
  if (text.size() > max_bytes) out += fmt::format(" ({} bytes)", text.size());
  return out;
}

}  // namespace td
