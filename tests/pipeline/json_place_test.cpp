#include "pipeline/json_place.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include "pipeline/json_fault.hpp"
#include "pipeline/json_text.hpp"
#include "tests/pipeline/json_maker.hpp"

using td::errc;
using td::find_place;
using td::find_pointer;

namespace {

constexpr std::string_view sample =
    R"( { "a" : [10, {"b":"}],{"}, [], {"c/d":true,"~":"x"}] , "x\u0041\"" :{"":-1.5e3} ,"n":null} )";

/// The text that a pointer leads to; in angle brackets where it is not exact.
std::string at(std::string_view pointer, std::string_view json = sample) {
  const auto place = find_pointer(json, pointer);
  const std::string text{json.substr(place.at, place.size)};
  return place.exact ? text : "<" + text + ">";
}

/// The text at which a failure is to be seen.
std::string seen(std::string_view body, errc code, std::string detail, std::string pointer = "") {
  const auto place = find_place(body, {code, std::move(detail), std::move(pointer)});
  if (!place) return "nowhere";
  if (place->size == 0) return "behind " + std::to_string(place->at);
  return std::string{body.substr(place->at, place->size)};
}

/// Where the slow parser's own failure is to be seen.
std::string seen_by_the_parser(std::string_view body) {
  const auto why = td::find_json_fault(body, 4);
  BOOST_REQUIRE(why);
  const auto place = find_place(body, *why);
  if (!place) return "nowhere";
  if (place->size == 0) return "behind " + std::to_string(place->at);
  return std::string{body.substr(place->at, place->size)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_place_)

BOOST_AUTO_TEST_CASE(a_pointer_leads_to_the_bytes_of_its_value) {
  BOOST_TEST(at("/a/0") == "10");
  BOOST_TEST(at("/a/1") == R"({"b":"}],{"})");
  BOOST_TEST(at("/a/1/b") == R"("}],{")");
  BOOST_TEST(at("/a/2") == "[]");
  BOOST_TEST(at("/a/3/c~1d") == "true");
  BOOST_TEST(at("/a/3/~0") == R"("x")");
  BOOST_TEST(at("/xA\"") == R"({"":-1.5e3})");
  BOOST_TEST(at("/xA\"/") == "-1.5e3");
  BOOST_TEST(at("/n") == "null");
  BOOST_TEST(at("") == sample.substr(1, sample.size() - 2));
  BOOST_TEST(at("", "7") == "7");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_shown_by_the_bracket_that_should_hold_it) {
  BOOST_TEST(at("/b") == "<{>");
  BOOST_TEST(find_pointer(sample, "/b").at == 1u);
  BOOST_TEST(at("/a/4") == "<[>");
  BOOST_TEST(at("/a/2/0") == "<[>");
  BOOST_TEST(at("/a/x") == "<[>");
  BOOST_TEST(at("/a/99999999999999999999") == "<[>");
  BOOST_TEST(at("/n/x/y") == "<null>");
  BOOST_TEST(at("/a/1/b/c") == R"(<"}],{">)");
}

BOOST_AUTO_TEST_CASE(a_text_that_ends_or_breaks_does_no_harm) {
  const std::string whole{sample};
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto cut = whole.substr(0, size);
    for (const auto* pointer : {"", "/a/3/c~1d", "/xA\"/", "/n", "/zz/0"}) {
      const auto place = find_pointer(cut, pointer);
      BOOST_TEST(place.at <= cut.size());
      BOOST_TEST(place.at + place.size <= cut.size() + 1);  // a bracket that is not there any more
    }
  }
  for (const auto* broken :
       {"", "}", "]],", "{\"", "{\"a", "\"\\", "{\"a\":\"\\", "[,", ":", "{:}"})
    find_pointer(broken, "/a/0");
  BOOST_TEST(at("/a/1", R"({"a":[1,2],broken)") == "2");
}

RC_BOOST_PROP(finds_what_pointer_at_has_named, (std::uint64_t seed)) {
  td::test::json_maker random{seed, 0};
  auto const json = random.object(*rc::gen::inRange(1u, 100u));
  // A place inside a string is no place of a value, so keys and strings are walked over.
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"') {
      for (++i; json[i] != '"'; ++i)
        if (json[i] == '\\') ++i;
      continue;
    }
    if (json[i] != '{' && json[i] != '[') continue;
    auto const place = find_pointer(json, td::pointer_at(json, i));
    RC_ASSERT(place.exact);
    RC_ASSERT(json[place.at] == json[i]);
    RC_ASSERT(td::pointer_at(json, place.at) == td::pointer_at(json, i));
    RC_ASSERT(json[place.at + place.size - 1] == (json[i] == '{' ? '}' : ']'));
  }
}

BOOST_AUTO_TEST_CASE(the_parsers_faults_are_seen_where_they_are) {
  BOOST_TEST(seen_by_the_parser("{\"a\": x}") == "x");
  BOOST_TEST(seen_by_the_parser("{\"a\":1} tail") == "t");
  BOOST_TEST(seen_by_the_parser("{\"a\": \xc3\xa4}") == "\xc3\xa4");
  BOOST_TEST(seen_by_the_parser("{\"a\":") == "behind 5");
  BOOST_TEST(seen_by_the_parser("{\"a\":\"\xff\"}") == "\xff");
  BOOST_TEST(seen_by_the_parser("{\"a\":\"b") == "\"");
  BOOST_TEST(seen_by_the_parser("{\"a\":\"b\nc\"}") == "\n");
  BOOST_TEST(seen_by_the_parser(R"({"a":"b\qc"})") == "\\q");
  BOOST_TEST(seen_by_the_parser(R"({"a":"b\u0000c"})") == "\\u0000");
  BOOST_TEST(seen_by_the_parser(R"({"a":[1,1e999]})") == "1e999");
  BOOST_TEST(seen_by_the_parser("[[[[[1]]]]]") == "[");
  BOOST_TEST(seen_by_the_parser("  ") == "nowhere");
}

BOOST_AUTO_TEST_CASE(the_key_that_stands_there_twice_is_seen_the_second_time) {
  constexpr std::string_view body = R"({"byte 3":1,"byte 3":2})";
  BOOST_TEST(seen(body, errc::duplicate_key,
                  R"(the key "byte 3" at byte 12 is already in its object)",
                  "/byte 3") == "\"byte 3\"");
  BOOST_TEST(
      find_place(body, {errc::duplicate_key,
                        R"(the key "byte 3" at byte 12 is already in its object)", "/byte 3"})
          ->at == 12u);
}

BOOST_AUTO_TEST_CASE(other_faults_are_seen_at_their_pointer) {
  constexpr std::string_view body = R"({"kind":"A b","payload":{"n":5}})";
  BOOST_TEST(seen(body, errc::kind_invalid, "\"kind\" is \"byte 3\"", "/kind") == "\"A b\"");
  BOOST_TEST(seen(body, errc::source_missing, "it has none", "/source") == "{");
  BOOST_TEST(seen(body, errc::schema_violation, "must be a string", "/payload/n") == "5");
  BOOST_TEST(seen(body, errc::topic_not_allowed, "no") == "nowhere");
  BOOST_TEST(seen(body, errc::refused_by_database, "no") == "nowhere");
  BOOST_TEST(seen(body, errc::not_json, "at byte 4000", "") == "nowhere");
  BOOST_TEST(seen(body, errc::string_too_long, "the string at byte 8 has 5 bytes; at most 4",
                  "/kind") == "\"A b\"");
}

BOOST_AUTO_TEST_SUITE_END()
