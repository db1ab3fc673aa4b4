#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace td {

/// One character at the front of a text.
struct utf8_character {
  char32_t code_point{};
  std::size_t size{};  ///< bytes; 0 where no valid UTF-8 sequence begins (also: empty text)
};

/// Decodes the first character. Well-formed means Unicode 15 table 3-7, as PostgreSQL and simdjson
/// have it: no overlong form, no surrogate, nothing above U+10FFFF. Any thread.
utf8_character first_character(std::string_view text) noexcept;

/// A text from outside made fit for a log line, a terminal and a database row: control characters,
/// characters that are invisible or reorder text, and bytes that are not UTF-8 are written as
/// `\u0007` or `\xff`; what lies past `max_bytes` of the input is replaced by `...`. The result is
/// valid UTF-8 of one line. Any thread.
std::string printable(std::string_view text, std::size_t max_bytes = 64);

/// The same in double quotes, followed by the size where it was shortened: `"abc..." (300 bytes)`.
std::string quoted(std::string_view text, std::size_t max_bytes = 64);

}  // namespace td
