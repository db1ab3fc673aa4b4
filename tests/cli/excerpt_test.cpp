#include "cli/excerpt.hpp"

#include <boost/test/unit_test.hpp>

#include "cli/text_width.hpp"

using namespace td;

namespace {

constexpr terminal::output plain{1, false, false};

std::string shown(std::string_view bytes, std::optional<json_place> place = std::nullopt,
                  excerpt_limits limits = {}) {
  return "\n" + render_excerpt(plain, bytes, place, limits);
}

/// The place of a text in another.
json_place at(std::string_view whole, std::string_view part) {
  return {whole.find(part), part.size()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(excerpt_)

BOOST_AUTO_TEST_CASE(carets_stand_under_the_place) {
  constexpr std::string_view body = R"({"a":[1,2],"b":"x"})";
  BOOST_TEST(shown(body, at(body, "2")) == R"(
     0  {"a":[1,2],"b":"x"}
                ^
)");
  BOOST_TEST(shown(body, at(body, "[1,2]")) == R"(
     0  {"a":[1,2],"b":"x"}
             ^^^^^
)");
}

BOOST_AUTO_TEST_CASE(a_document_that_ends_too_early_is_marked_behind_its_end) {
  BOOST_TEST(shown("{\"a\":", json_place{5, 0}) == R"(
     0  {"a":
             ^
)");
  BOOST_TEST(shown("", json_place{0, 0}) == "\n  (no bytes)\n");
}

BOOST_AUTO_TEST_CASE(line_breaks_are_shown_and_each_row_says_where_it_begins) {
  constexpr std::string_view body = "{\n  \"a\": x\r\n}";
  BOOST_TEST(shown(body, at(body, "x")) == R"(
     0  {\n
     2    "a": x\u000d\n
               ^
    12  }
)");
}

BOOST_AUTO_TEST_CASE(nothing_is_obeyed_and_nothing_is_hidden) {
  // Escape sequence, bell, zero-width space, right-to-left override, a byte that is no UTF-8.
  constexpr std::string_view body = "\"\x1b[2Jred\x07\xe2\x80\x8b\xe2\x80\xae\xff ok\"";
  BOOST_TEST(shown(body, at(body, "\xff")) == R"(
     0  "\u001b[2Jred\u0007\u200b\u202e\xff ok"
                                       ^^^^
)");
}

BOOST_AUTO_TEST_CASE(wide_and_combining_characters_take_the_columns_that_a_terminal_gives_them) {
  constexpr std::string_view body = "\"\u6f22\u5b57\U0001f680e\u0301\": x";
  BOOST_TEST(terminal::width_of(body.substr(1, 13)) == 7u);
  BOOST_TEST(shown(body, at(body, "x")) ==
             "\n     0  \"\u6f22\u5b57\U0001f680e\u0301\": x\n"
             "                   ^\n");
  BOOST_TEST(shown(body, at(body, "\u5b57")) ==
             "\n     0  \"\u6f22\u5b57\U0001f680e\u0301\": x\n"
             "           ^^\n");
}

BOOST_AUTO_TEST_CASE(a_long_line_is_wrapped_and_cut_around_the_place) {
  std::string body = "{\"a\":\"";
  body += std::string(3000, 'x');
  body += "\",\"b\":@}";
  BOOST_TEST(shown(body, at(body, "@"), {.columns = 40, .around = 1}) == R"(
        ... 2,976 bytes before
  2976  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  3008  "b":@}
            ^
)");
  BOOST_TEST(shown(body, std::nullopt, {.columns = 40, .head = 2}) == R"(
     0  {"a":"xxxxxxxxxxxxxxxxxxxxxxxxxx
    32  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        ... 2,950 bytes more
)");
}

BOOST_AUTO_TEST_CASE(what_is_not_long_is_shown_whole) {
  const std::string body = "@" + std::string(60, 'x');
  BOOST_TEST(shown(body, json_place{0, 1}, {.columns = 40, .around = 0}) == R"(
     0  @xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        ^
    32  xxxxxxxxxxxxxxxxxxxxxxxxxxxxx
)");
}

BOOST_AUTO_TEST_CASE(a_place_that_spans_rows_is_marked_in_each_that_is_shown) {
  const std::string body = "[" + std::string(100, '1') + "]";
  BOOST_TEST(shown(body, json_place{1, 100}, {.columns = 40, .head = 2, .around = 1}) == R"(
     0  [1111111111111111111111111111111
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    32  11111111111111111111111111111111
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        ... 38 bytes more
)");
}

BOOST_AUTO_TEST_CASE(no_row_is_wider_than_the_terminal) {
  std::string body;
  for (int n = 0; n < 3000; ++n)
    body += n % 7 == 0 ? "\x1b" : n % 5 == 0 ? "\u6f22" : n % 11 == 0 ? "\xff" : "x";
  for (const std::size_t columns : {1u, 30u, 41u, 80u, 133u}) {
    const auto text = render_excerpt(plain, body, json_place{1500, 3}, {.columns = columns});
    for (std::size_t from = 0; from < text.size(); from = text.find('\n', from) + 1) {
      const auto line = text.substr(from, text.find('\n', from) - from);
      BOOST_TEST(terminal::width_of(line) <= std::max<std::size_t>(columns, 30), line);
    }
  }
}

BOOST_AUTO_TEST_CASE(binary_bytes_are_dumped_with_the_place_marked) {
  std::string body;
  for (int n = 0; n < 40; ++n)
    body += static_cast<char>(n * 7);
  BOOST_TEST(looks_binary(body));
  BOOST_TEST(shown(body, json_place{17, 2}, {.around = 1}) == R"(
     0  00 07 0e 15 1c 23 2a 31  38 3f 46 4d 54 5b 62 69  .....#*18?FMT[bi
    16  70 77 7e 85 8c 93 9a a1  a8 af b6 bd c4 cb d2 d9  pw~.............
           ^^ ^^                                           ^^
    32  e0 e7 ee f5 fc 03 0a 11                           ........
)");
}

BOOST_AUTO_TEST_CASE(text_is_no_binary) {
  BOOST_TEST(!looks_binary(""));
  BOOST_TEST(!looks_binary("{\"a\":\n\t\"\u00fc\u6f22\"}\r\n"));
  BOOST_TEST(!looks_binary("{\"source\":\"\xff\xfe\",\"kind\":\"task\"}"));
  BOOST_TEST(looks_binary(std::string_view{"\0\x01\x02", 3}));
}

BOOST_AUTO_TEST_CASE(a_megabyte_in_one_line_is_no_burden) {
  std::string body(1u << 20, 'x');
  const auto begun = std::chrono::steady_clock::now();
  const auto text = render_excerpt(plain, body, json_place{600'000, 1}, {});
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds{5}));
  BOOST_TEST(text.size() < 2000u);
}

BOOST_AUTO_TEST_SUITE_END()
