#include "schema/pattern_escape.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "schema/pattern_property.hpp"

namespace td {
namespace {

constexpr char32_t last_character = 0x10ffff;
constexpr auto no_character = pattern_cursor::no_character;

// `\s` and `\S` of ECMAScript, between brackets: White_Space of Unicode, U+FEFF, line terminators.
constexpr std::string_view spaces =
    R"(\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view no_spaces =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";

struct hint {
  char32_t letter;
  std::string_view instead;
};

// Escapes of Perl, Python and RE2 that ECMAScript lacks.
constexpr hint foreign_escapes[] = {{'A', "^"},
                                    {'z', "$"},
                                    {'Z', "$"},
                                    {'a', R"(\x07)"},
                                    {'e', R"(\x1b)"},
                                    {'h', R"([ \t])"},
                                    {'H', R"([^ \t])"},
                                    {'C', "."},
                                    {'N', "."},
                                    {'R', R"((?:\r\n|\n|\r))"},
                                    {'X', R"(\P{M}\p{M}*)"}};

constexpr int hex_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

constexpr bool is_high_surrogate(char32_t c) {
  return c >= 0xd800 && c <= 0xdbff;
}

constexpr bool is_low_surrogate(char32_t c) {
  return c >= 0xdc00 && c <= 0xdfff;
}

bool hex_digits(pattern_cursor& in, int digits, char32_t& c) {
  c = 0;
  for (; digits > 0; --digits, in.skip()) {
    auto const value = hex_value(in.peek());
    if (value < 0) return false;
    c = c * 16 + static_cast<char32_t>(value);
  }
  return true;
}

/// Behind "\u".
bool unicode_escape(pattern_cursor& in, std::size_t begin, char32_t& c) {
  if (in.take('{')) {
    auto const empty = in.sees('}');
    c = 0;
    for (int value = 0; (value = hex_value(in.peek())) >= 0; in.skip())
      c = std::min(c * 16 + static_cast<char32_t>(value), last_character + 1);
    if (empty || !in.take('}')) return in.fail(begin, R"("\u{" goes on with hex digits and "}")");
    if (c > last_character) return in.fail(begin, R"(the last character is \u{10FFFF})");
    return true;
  }
  if (!hex_digits(in, 4, c)) {
    return in.fail(begin, R"("\u" goes on with four hex digits, or with some in braces)");
  }
  if (is_high_surrogate(c) && in.sees(UR"(\u)")) {
    auto const here = in.place();
    in.skip(2);
    char32_t low = 0;
    if (hex_digits(in, 4, low) && is_low_surrogate(low)) {
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else {
      in.go_to(here);
    }
  }
  return true;
}

/// The backslash and what follows it, just read, are no escape.
bool no_escape(pattern_cursor& in, std::size_t begin, bool in_class, char32_t escaped) {
  auto const what = in.since(begin);
  for (auto const& [letter, instead] : foreign_escapes) {
    if (escaped == letter && !in_class) {
      return in.fail(begin, fmt::format("{} is not of ECMAScript; write {}", what, instead));
    }
  }
  if (is_letter(escaped) || is_digit(escaped)) {
    return in.fail(begin, fmt::format("{} is no escape of ECMAScript's \"u\"; to match a "
                                      R"(backslash write "\\")",
                                      what));
  }
  return in.fail(begin, fmt::format("{} escapes what needs none (ECMAScript's \"u\" escapes only "
                                    R"(^ $ \ . * + ? ( ) [ ] {{ }} | / and, in classes, -); )"
                                    "leave out the backslash",
                                    what));
}

bool character_escape(pattern_cursor& in, std::size_t begin, bool in_class, char32_t escaped,
                      char32_t& c) {
  switch (escaped) {
    case 't':
      c = '\t';
      return true;
    case 'n':
      c = '\n';
      return true;
    case 'v':
      c = '\v';
      return true;
    case 'f':
      c = '\f';
      return true;
    case 'r':
      c = '\r';
      return true;
    case 'c':
      if (!is_letter(in.peek())) {
        return in.fail(begin, R"("\c" goes on with a letter of ASCII, as in \cJ)");
      }
      c = in.next() % 32;
      return true;
    case '0':
      if (is_digit(in.peek())) {
        return in.fail(begin, R"(octal escapes are not of ECMAScript's "u"; write \xHH)");
      }
      c = 0;
      return true;
    case 'x':
      if (!hex_digits(in, 2, c)) return in.fail(begin, R"("\x" goes on with two hex digits)");
      return true;
    case 'u':
      return unicode_escape(in, begin, c);
    default:
      break;
  }
  if (is_one_of(R"(^$\.*+?()[]{}|/)", escaped) || (in_class && escaped == '-')) {
    c = escaped;
    return true;
  }
  if (in_class && escaped == 'b') {
    c = '\b';
    return true;
  }
  return no_escape(in, begin, in_class, escaped);
}

bool property(pattern_cursor& in, std::size_t begin, bool negated, class_item& item) {
  std::string name;
  if (in.take('{')) {
    while (is_letter(in.peek()) || is_digit(in.peek()) || in.sees('_') || in.sees('='))
      name += static_cast<char>(in.next());
  }
  if (name.empty() || !in.take('}')) {
    return in.fail(begin, R"(\p and \P go on with a name in braces, as in \p{L})");
  }
  auto const found = find_pattern_property(name);
  if (!found) {
    return in.fail(begin, fmt::format("the property {} is not supported; general categories are "
                                      R"((\p{{L}}, \p{{Uppercase_Letter}}), scripts )"
                                      R"((\p{{Script=Greek}}), \p{{Any}} and \p{{ASCII}})",
                                      td::quoted(name)));
  }
  item = {no_character, found->members, found->others};
  if (negated) std::swap(item.members, item.others);
  return true;
}

}  // namespace

bool read_escape(pattern_cursor& in, std::size_t begin, bool in_class, class_item& item) {
  if (in.done()) {
    return in.fail(begin, R"(nothing follows "\"; write "\\" for the character)");
  }
  auto const c = in.next();
  switch (c) {
    case 'd':
      item = {no_character, R"(\d)", R"(\D)"};
      return true;
    case 'D':
      item = {no_character, R"(\D)", R"(\d)"};
      return true;
    case 'w':
      item = {no_character, R"(\w)", R"(\W)"};
      return true;
    case 'W':
      item = {no_character, R"(\W)", R"(\w)"};
      return true;
    case 's':
      item = {no_character, std::string{spaces}, std::string{no_spaces}};
      return true;
    case 'S':
      item = {no_character, std::string{no_spaces}, std::string{spaces}};
      return true;
    case 'p':
    case 'P':
      return property(in, begin, c == 'P', item);
    default:
      return character_escape(in, begin, in_class, c, item.character);
  }
}

}  // namespace td
