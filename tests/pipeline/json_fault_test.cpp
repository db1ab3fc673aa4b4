#include "pipeline/json_fault.hpp"

#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>
#include <simdjson.h>

#include "tests/pipeline/bodies.hpp"
#include "tests/pipeline/json_maker.hpp"

using td::errc;
using td::find_json_fault;

namespace {

constexpr std::size_t depth = 5;

struct explanation {
  std::string json;
  errc code;
  const char* detail;
  const char* pointer = "";
};

void expect(const std::vector<explanation>& table) {
  for (auto const& row : table) {
    BOOST_TEST_CONTEXT(row.json) {
      auto const fault = find_json_fault(row.json, depth);
      BOOST_REQUIRE(fault);
      BOOST_TEST(td::name_of(fault->code) == td::name_of(row.code));
      BOOST_TEST(fault->detail == row.detail);
      BOOST_TEST(fault->pointer == row.pointer);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_faults)

BOOST_AUTO_TEST_CASE(good_documents_have_none) {
  for (auto const* const json :
       {"{}", "[]", " {\"a\" : [ 1 , -0.5e+3 , true , false , null , \"x\" ] } \n", "0", "\"\"",
        "[[[[[]]]]]", "\"\\ud83d\\ude00\"", "18446744073709551615", "-9223372036854775808",
        "1e-308"}) {
    BOOST_TEST_CONTEXT(json) {
      BOOST_TEST(!find_json_fault(json, depth));
    }
  }
}

BOOST_AUTO_TEST_CASE(grammar_faults_name_the_byte_and_what_was_expected) {
  expect({
      {"", errc::body_empty, "the body holds nothing but white space"},
      {" \n\t ", errc::body_empty, "the body holds nothing but white space"},
      {"{", errc::not_json, "the body ends at byte 1, where a key in quotes or '}' should follow"},
      {"{\"a\"", errc::not_json, "the body ends at byte 4, where ':' should follow"},
      {"{\"a\":", errc::not_json, "the body ends at byte 5, where a value should follow"},
      {"{\"a\":1", errc::not_json,
       "the body ends at byte 6, where ',' or the closing bracket should follow"},
      {"{\"a\":1,}", errc::not_json, "expected a key in quotes at byte 7, found '}'"},
      {"{a:1}", errc::not_json, "expected a key in quotes or '}' at byte 1, found 'a'"},
      {"{'a':1}", errc::not_json, "expected a key in quotes or '}' at byte 1, found '''"},
      {"{\"a\" 1}", errc::not_json, "expected ':' at byte 5, found '1'"},
      {"{\"a\":}", errc::not_json, "expected a value at byte 5, found '}'"},
      {"{,}", errc::not_json, "expected a key in quotes or '}' at byte 1, found ','"},
      {"[1,]", errc::not_json, "expected a value at byte 3, found ']'"},
      {"[1 2]", errc::not_json, "expected ',' or the closing bracket at byte 3, found '2'"},
      {"[}", errc::not_json, "expected a value or ']' at byte 1, found '}'"},
      {"[1}", errc::not_json, "expected ',' or the closing bracket at byte 2, found '}'"},
      {"]", errc::not_json, "expected a value at byte 0, found ']'"},
      {"{} x", errc::not_json, "expected nothing more at byte 3, found 'x'"},
      {"{}{}", errc::not_json, "expected nothing more at byte 2, found '{'"},
      {"{}\xc2\xa0", errc::not_json, "expected nothing more at byte 2, found '\xc2\xa0'"},
      {"\xef\xbb\xbf{}", errc::not_json, "expected a value at byte 0, found '\\ufeff'"},
      {"nul", errc::not_json, "expected a value at byte 0, found 'n'"},
      {"True", errc::not_json, "expected a value at byte 0, found 'T'"},
      {"NaN", errc::not_json, "expected a value at byte 0, found 'N'"},
      {"01", errc::not_json, "expected nothing more at byte 1, found '1'"},
      {"-", errc::not_json, "expected a value at byte 0, found '-'"},
      {"1.", errc::not_json, "expected a value at byte 0, found '1'"},
      {"1e+", errc::not_json, "expected a value at byte 0, found '1'"},
      {".5", errc::not_json, "expected a value at byte 0, found '.'"},
      {"+1", errc::not_json, "expected a value at byte 0, found '+'"},
      {"// x", errc::not_json, "expected a value at byte 0, found '/'"},
      {std::string{"{\0}", 3}, errc::not_json,
       "expected a key in quotes or '}' at byte 1, found '\\u0000'"},
  });
}

BOOST_AUTO_TEST_CASE(string_faults_name_the_byte) {
  expect({
      {"[\"abc", errc::not_json, "byte 1 opens a string that does not end"},
      {"[\"abc\\", errc::not_json, "byte 1 opens a string that does not end"},
      {"[\"a\nb\"]", errc::not_json,
       "byte 3 is the control character 0x0a, which a string may only hold as an escape"},
      {std::string{"[\"a\0b\"]", 7}, errc::not_json,
       "byte 3 is the control character 0x00, which a string may only hold as an escape"},
      {"[\"a\\qb\"]", errc::not_json, "byte 3 begins '\\q', which is no escape of JSON"},
      {"[\"\\u00g0\"]", errc::not_json, "byte 2 begins '\\u', which is no escape of JSON"},
      {"[1,\"\\ud800!\"]", errc::surrogate_escape,
       "byte 4 begins '\\ud800': a string holds half of a surrogate pair, which is no character",
       "/1"},
      {"{\"a\":\"\\u0000\"}", errc::nul_escape,
       "byte 6 begins '\\u0000': a string holds the NUL character, which PostgreSQL cannot store",
       "/a"},
  });
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf_8_come_first) {
  expect({
      {"{\"a\":\"\xff\"}", errc::not_utf8, "byte 6 is not valid UTF-8"},
      {"\x80", errc::not_utf8, "byte 0 is not valid UTF-8"},
      {"{,\"\xc3\"}", errc::not_utf8, "byte 3 is not valid UTF-8"},
      {"\"\xed\xa0\x80\"", errc::not_utf8, "byte 1 is not valid UTF-8"},
  });
}

BOOST_AUTO_TEST_CASE(depth_and_numbers_are_explained_with_a_pointer) {
  expect({
      {"{\"a\":[[[[[1]]]]]}", errc::too_deep, "byte 9 opens level 6; at most 5 are allowed",
       "/a/0/0/0/0"},
      {"{\"a\":[0,18446744073709551616]}", errc::number_out_of_range,
       "byte 8 begins the number 18446744073709551616: a number is beyond what 64-bit integers "
       "and doubles can hold",
       "/a/1"},
      {"{\"a\":-9223372036854775809}", errc::number_out_of_range,
       "byte 5 begins the number -9223372036854775809: a number is beyond what 64-bit integers "
       "and doubles can hold",
       "/a"},
      {"{\"a\":9e308}", errc::number_out_of_range,
       "byte 5 begins the number 9e308: a number is beyond what 64-bit integers and doubles can "
       "hold",
       "/a"},
      {"{\"a\":" + std::string(100, '7') + "}", errc::number_too_long,
       "byte 5 begins the number 777777777777777777777777777777777777777777777777...: a number is "
       "written with more characters than allowed",
       "/a"},
  });
}

/// simdjson, Boost.JSON and the slow reader must agree on what JSON is.
RC_BOOST_PROP(agrees_with_two_other_parsers_on_mutated_documents, (std::uint64_t seed)) {
  td::test::json_maker random{seed, *rc::gen::element(0u, 40u)};
  auto const size = *rc::gen::inRange(1u, 40u);
  boost::json::parse_options options;
  options.max_depth = 500;
  simdjson::dom::parser parser;
  for (int round = 0; round < 50; ++round) {
    auto const json = mutate(random.object(size), random);
    td::test::padded_body const body{json};
    auto const fast = parser.parse(body.view().data(), body.view().size(), false).error();
    boost::system::error_code ec;
    boost::json::parse(json, ec, {}, options);
    auto const fault = find_json_fault(json, 400);
    RC_LOG() << json << '\n';
    if (!fault) {
      RC_ASSERT(fast == simdjson::SUCCESS);
      RC_ASSERT(!ec);
    } else if (fault->code == errc::not_json || fault->code == errc::not_utf8 ||
               fault->code == errc::body_empty) {
      RC_ASSERT(fast != simdjson::SUCCESS);
      RC_ASSERT(ec.failed());
    }
    RC_ASSERT((!fault || simdjson::validate_utf8(fault->detail)));
    RC_ASSERT((!fault || fault->detail.find('\0') == std::string::npos));
  }
}

BOOST_AUTO_TEST_SUITE_END()
