#include "pipeline/text.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>
#include <simdjson.h>

using td::first_character;
using td::printable;
using td::quoted;

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(decodes_sequences_of_each_size) {
  struct {
    const char* text;
    char32_t code_point;
    std::size_t size;
  } const table[] = {{"A", 0x41, 1},
                     {"\xc2\x80", 0x80, 2},
                     {"\xdf\xbf", 0x7ff, 2},
                     {"\xe0\xa0\x80", 0x800, 3},
                     {"\xed\x9f\xbf", 0xd7ff, 3},
                     {"\xee\x80\x80", 0xe000, 3},
                     {"\xef\xbf\xbf", 0xffff, 3},
                     {"\xf0\x90\x80\x80", 0x10000, 4},
                     {"\xf4\x8f\xbf\xbf", 0x10ffff, 4}};
  for (auto const& row : table) {
    auto const c = first_character(row.text);
    BOOST_TEST(c.size == row.size);
    BOOST_TEST((c.code_point == row.code_point));
  }
}

BOOST_AUTO_TEST_CASE(refuses_ill_formed_sequences) {
  for (auto const* const text :
       {"", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe0\xa0",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xfe"}) {
    BOOST_TEST(first_character(text).size == 0u);
  }
}

RC_BOOST_PROP(a_text_of_valid_characters_is_what_the_json_parser_calls_utf_8,
              (const std::string& bytes)) {
  auto valid = true;
  for (std::size_t at = 0; valid && at < bytes.size();) {
    auto const size = first_character(std::string_view{bytes}.substr(at)).size;
    valid = size != 0;
    at += size;
  }
  RC_ASSERT(valid == simdjson::validate_utf8(bytes));
}

BOOST_AUTO_TEST_CASE(shows_plain_text_as_it_is_and_hides_nothing) {
  BOOST_TEST(printable("Zähler 7 \xf0\x9f\x98\x80") == "Zähler 7 \xf0\x9f\x98\x80");
  BOOST_TEST(printable("a\nb\x1b[31m\x7f") == "a\\u000ab\\u001b[31m\\u007f");
  BOOST_TEST(printable(std::string_view{"\0", 1}) == "\\u0000");
  BOOST_TEST(printable("\xc2\x85") == "\\u0085");      // a C1 control
  BOOST_TEST(printable("\xe2\x80\xae") == "\\u202e");  // right-to-left override
  BOOST_TEST(printable("\xef\xbb\xbf") == "\\ufeff");  // byte order mark
  BOOST_TEST(printable("\xff\xc3") == "\\xff\\xc3");   // no UTF-8
}

BOOST_AUTO_TEST_CASE(shortens_between_characters_and_says_how_long_it_was) {
  BOOST_TEST(printable("abcdef", 6) == "abcdef");
  BOOST_TEST(printable("abcdefg", 6) == "abcdef...");
  BOOST_TEST(printable("abcde\xc3\xa4", 6) == "abcde...");
  BOOST_TEST(quoted("abc") == "\"abc\"");
  BOOST_TEST(quoted(std::string(300, 'x'), 3) == "\"xxx...\" (300 bytes)");
}

RC_BOOST_PROP(any_bytes_become_one_short_line_of_valid_utf_8, (const std::string& bytes)) {
  auto const line = printable(bytes, 20);
  RC_ASSERT(line.size() <= 20u * 6 + 3);
  RC_ASSERT(simdjson::validate_utf8(line));
  RC_ASSERT(line.find_first_of(std::string_view{"\0\n\r\x1b\x7f", 5}) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
