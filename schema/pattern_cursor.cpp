#include "schema/pattern_cursor.hpp"

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {
namespace {

/// How much of a pattern a message shows.
constexpr std::size_t shown_bytes = 40;

void append_utf8(std::string& out, char32_t c) {
  auto const tail = [&out, c](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::string pattern_cursor::since(std::size_t from) const {
  std::string part;
  for (auto i = from; i < at_; ++i)
    append_utf8(part, text_[i]);
  return fmt::format("\"{}\"", printable(part, shown_bytes));
}

bool pattern_cursor::fail(std::size_t where, std::string_view sentence) {
  failure_ =
      failure{errc::configuration_invalid, fmt::format("character {}: {}", where + 1, sentence)};
  return false;
}

}  // namespace td
