#include "http/target.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

namespace {

std::string joined(const parsed_target& t) {
  std::string text;
  for (const auto& s : t.segments)
    text += "[" + s + "]";
  for (const auto& [name, value] : t.query)
    text += "(" + name + "=" + value + ")";
  return text;
}

/// Percent-encodes everything that is not a letter or a digit.
std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += c;
    } else {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(target)

BOOST_AUTO_TEST_CASE(paths_and_queries_are_taken_apart_and_decoded) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"/", "[]"},
      {"/a/b", "[a][b]"},
      {"/a/", "[a][]"},
      {"//a", "[][a]"},
      {"/a%20b/c+d", "[a b][c+d]"},
      {"/%C3%A9", "[\xc3\xa9]"},
      {"/a?", "[a]"},
      {"/a?b", "[a](b=)"},
      {"/a?b=", "[a](b=)"},
      {"/a?b=c&d=e", "[a](b=c)(d=e)"},
      {"/a?&&b=c&", "[a](b=c)"},
      {"/a?b=c=d", "[a](b=c=d)"},
      {"/a?b+c=d+e%2Bf", "[a](b c=d e+f)"},
      {"/a?b=/x/../y?z", "[a](b=/x/../y?z)"},
      {"/a?x=%2F", "[a](x=/)"},
      {"/...", "[...]"},
      {"/a#b?c", "[a]"},
      {"http://h:8/a?b=c", "[a](b=c)"},
      {"https://h", "[]"},
      {"http://h?b=c", "[](b=c)"},
  };
  for (const auto& [text, expected] : table) {
    const auto t = parse_target(text);
    BOOST_REQUIRE_MESSAGE(t, text);
    BOOST_TEST(joined(*t) == expected, text);
  }
  BOOST_TEST(parse_target("http://h:8/a")->authority == "h:8");
  BOOST_TEST(parse_target("/a")->authority == "");
  BOOST_TEST(parse_target("*")->asterisk);
}

BOOST_AUTO_TEST_CASE(what_two_readers_might_read_differently_is_refused) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "begins with /"},
      {"a", "begins with /"},
      {"*a", "begins with /"},
      {"host:443", "begins with /"},
      {"/.", "dot segment"},
      {"/..", "dot segment"},
      {"/a/../b", "dot segment"},
      {"/%2e", "dot segment"},
      {"/%2E%2e/etc/passwd", "dot segment"},
      {"/.%2e", "dot segment"},
      {"/a%2fb", "encoded slash"},
      {"/a%2Fb", "encoded slash"},
      {"/a%5cb", "encoded slash"},
      {"/a\\b", "backslash"},
      {"/a%00", "control character"},
      {"/a%0d%0ab", "control character"},
      {"/a%7f", "control character"},
      {"/a%", "two hex digits"},
      {"/a%4", "two hex digits"},
      {"/a%4g", "two hex digits"},
      {"/a?b=%", "two hex digits"},
      {"/a?%zz=b", "two hex digits"},
      {"/%ff", "not UTF-8"},
      {"/%c0%af", "not UTF-8"},     // an overlong slash
      {"/%ed%a0%80", "not UTF-8"},  // a surrogate
      {"/\x80", "not UTF-8"},
      {"/a?b=%ff", "not UTF-8"},
      {std::string{"/a\tb"}, "control character"},
  };
  for (const auto& [text, reason] : table) {
    const auto t = parse_target(text);
    BOOST_REQUIRE_MESSAGE(!t, text);
    BOOST_TEST(t.error().kind == &problems::bad_target);
    BOOST_TEST(t.error().detail.find(reason) != std::string::npos,
               text << ": " << t.error().detail);
  }
}

BOOST_AUTO_TEST_CASE(there_is_an_end_to_segments_and_parameters) {
  std::string path, query = "/a?";
  for (std::size_t i = 0; i < most_segments; ++i)
    path += "/s";
  for (std::size_t i = 0; i < most_query_pairs; ++i)
    query += "q=1&";
  BOOST_TEST(parse_target(path).has_value());
  BOOST_TEST(!parse_target(path + "/s"));
  BOOST_TEST(parse_target(query).has_value());
  BOOST_TEST(!parse_target(query + "q=1"));
}

RC_BOOST_PROP(whatever_is_encoded_is_decoded_again, ()) {
  const auto name =
      *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange<char>(32, 126)));
  const auto value = *rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
  const auto t = parse_target("/x?" + encoded(name) + "=" + encoded(value));
  RC_ASSERT(t.has_value());
  RC_ASSERT(t->query.size() == 1u);
  RC_ASSERT(t->query[0].first == name);
  RC_ASSERT(t->query[0].second == value);
}

BOOST_AUTO_TEST_SUITE_END()
