#include "pipeline/json_text.hpp"

#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

#include "tests/pipeline/json_maker.hpp"

using td::errc;
using td::pointer_at;
using td::text_fault;
using td::unescape;

namespace {

std::string unescaped(std::string_view raw) {
  std::string out;
  BOOST_TEST(!unescape(raw, &out));
  return out;
}

/// The pointer of the place where `mark` first stands in the document.
std::string place_of(std::string_view mark, std::string_view json) {
  auto const offset = json.find(mark);
  BOOST_REQUIRE_NE(offset, std::string_view::npos);
  return pointer_at(json, offset);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_texts)

BOOST_AUTO_TEST_CASE(every_escape_is_decoded) {
  BOOST_TEST(unescaped("plain") == "plain");
  BOOST_TEST(unescaped("") == "");
  BOOST_TEST(unescaped(R"(\"\\\/\b\f\n\r\t)") == "\"\\/\b\f\n\r\t");
  BOOST_TEST(unescaped(R"(\u0041\u00e4\u20AC\uffff)") == "A\xc3\xa4\xe2\x82\xac\xef\xbf\xbf");
  BOOST_TEST(unescaped(R"(x\ud83d\ude00y)") == "x\xf0\x9f\x98\x80y");
  BOOST_TEST(unescaped(R"(\uD800\uDC00\uDBFF\uDFFF)") == "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_stored_is_named_with_its_place) {
  struct {
    const char* raw;
    errc code;
    std::size_t at;
  } const table[] = {
      {R"(ab\u0000)", errc::nul_escape, 2},
      {R"(\ud800)", errc::surrogate_escape, 0},         // high half alone
      {R"(\ud800\n)", errc::surrogate_escape, 0},       //
      {R"(\ud800x\udc00)", errc::surrogate_escape, 0},  // something between
      {R"(\ud800\ud800)", errc::surrogate_escape, 0},   // two high halves
      {R"(\ud800\u0041)", errc::surrogate_escape, 0},   //
      {R"(a\udc00)", errc::surrogate_escape, 1},        // low half alone
      {R"(\udfff\ud800)", errc::surrogate_escape, 0},   // the wrong way round
      {R"(\n\u0000\ud800)", errc::nul_escape, 2},       // the first one counts
      {R"(\q)", errc::not_json, 0},
      {R"(\u12g4)", errc::not_json, 0},
      {R"(\u12)", errc::not_json, 0},
      {R"(\U0041)", errc::not_json, 0},
      {R"(\ud800\u12)", errc::not_json, 0},
      {"a\\", errc::not_json, 1},
  };
  for (auto const& row : table) {
    BOOST_TEST_CONTEXT(row.raw) {
      BOOST_TEST((unescape(row.raw, nullptr) == text_fault{row.code, row.at}));
      std::string out = "before ";
      BOOST_TEST((unescape(row.raw, &out) == text_fault{row.code, row.at}));
      BOOST_TEST(out.starts_with("before "));
    }
  }
}

RC_BOOST_PROP(decodes_as_another_parser_does, ()) {
  auto const raw = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string{"\\\\\\\\uuu\"/bfnrt00d8dcDCA9x"}));
  boost::system::error_code ec;
  auto const other = boost::json::parse('"' + raw + '"', ec);
  if (raw.find('"') != std::string::npos) return;  // ends the other parser's string
  std::string out;
  auto const fault = unescape(raw, &out);
  if (fault && fault->code == errc::nul_escape) return;
  RC_ASSERT(fault.has_value() == ec.failed());
  if (!ec) RC_ASSERT(out == other.as_string());
}

BOOST_AUTO_TEST_CASE(numbers_are_bounded_in_length_and_exponent) {
  BOOST_TEST(!td::number_fault("0"));
  BOOST_TEST(!td::number_fault("-1.5e+308"));
  BOOST_TEST(!td::number_fault("1E-0308"));
  BOOST_TEST(!td::number_fault(std::string(40, '1')));
  BOOST_TEST((td::number_fault(std::string(41, '1')) == errc::number_too_long));
  BOOST_TEST((td::number_fault("1e309") == errc::number_out_of_range));
  BOOST_TEST((td::number_fault("1E-9999") == errc::number_out_of_range));
  BOOST_TEST((td::number_fault("1e+4294967297") == errc::number_out_of_range));
  BOOST_TEST(
      (td::number_fault("1e99999999999999999999999999999999999999") == errc::number_out_of_range));
}

BOOST_AUTO_TEST_CASE(pointer_tokens_are_escaped) {
  std::string pointer;
  td::append_pointer_token(pointer, "a/b~c");
  td::append_pointer_token(pointer, "");
  BOOST_TEST(pointer == "/a~1b~0c/");
}

BOOST_AUTO_TEST_CASE(a_pointer_leads_to_the_place) {
  auto const* const json =
      R"({"a":[10,{"b":"}],{","c/d":[true,@1]},[@2]],"x\u0041":{"e":@3},"@4":5,"f":[[],{},@5]})";
  BOOST_TEST(place_of("@1", json) == "/a/1/c~1d/1");
  BOOST_TEST(place_of("@2", json) == "/a/2/0");
  BOOST_TEST(place_of("@3", json) == "/xA/e");
  BOOST_TEST(place_of("\"@4", json) == "/@4");
  BOOST_TEST(place_of("@5", json) == "/f/2");
  BOOST_TEST(place_of("[10", json) == "/a");
  BOOST_TEST(place_of("{\"b\"", json) == "/a/1");
  BOOST_TEST(pointer_at(json, 0) == "");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_no_text_is_left_out_with_all_below_it) {
  BOOST_TEST(place_of("@", R"({"a":{"\u0000":{"b":@}}})") == "/a");
  BOOST_TEST(place_of("@", R"({"a":{"\ud800":{"b":@}}})") == "/a");
}

BOOST_AUTO_TEST_CASE(a_long_pointer_ends_at_an_ancestor) {
  std::string json;
  for (int i = 0; i < 300; ++i)
    json += "{\"abcd\":";
  auto const pointer = pointer_at(json + "@", json.size());
  BOOST_TEST(pointer.size() == td::max_pointer_bytes);
  BOOST_TEST(pointer.ends_with("/abcd/abcd"));
  auto const wide = "{\"a\":{\"" + std::string(5000, 'k') + "\":";
  BOOST_TEST(pointer_at(wide + "@", wide.size()) == "/a");
}

BOOST_AUTO_TEST_CASE(a_broken_document_or_a_far_offset_does_no_harm) {
  for (auto const* const json : {"", "}", "]],", "{\"", "{\"a", "\"\\", "{\"a\":\"\\", "[,", ":"}) {
    for (std::size_t offset = 0; offset < 10; ++offset)
      pointer_at(json, offset);
  }
}

RC_BOOST_PROP(a_pointer_resolves_in_another_parser, (std::uint64_t seed)) {
  td::test::json_maker random{seed, 0};
  auto const json = random.object(*rc::gen::inRange(1u, 100u));
  auto const whole = boost::json::parse(json);
  for (auto at = json.find_first_of("{[tfn-0123456789"); at != std::string::npos;
       at = json.find_first_of("{[tfn-0123456789", at + 1)) {
    boost::system::error_code ec;
    auto const pointer = pointer_at(json, at);
    RC_ASSERT(whole.find_pointer(pointer, ec) != nullptr);
  }
}

BOOST_AUTO_TEST_SUITE_END()
