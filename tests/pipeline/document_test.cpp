#include "pipeline/document.hpp"

#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck/boost_test.h>

#include "tests/pipeline/bodies.hpp"
#include "tests/pipeline/json_maker.hpp"
#include "tests/pipeline/reference_scan.hpp"

using td::errc;
using td::test::padded_body;

namespace {

/// The code's name and the pointer, or "ok".
std::string read(td::document& document, std::string_view json) {
  padded_body const body{json};
  auto const fault = document.read(body.view());
  return fault ? fmt::format("{} {}", td::name_of(fault->code), fault->pointer) : "ok";
}

std::string read(std::string_view json) {
  td::document document{{}};
  return read(document, json);
}

std::string nested(int levels) {
  return fmt::format("{{\"a\":{}{}}}", std::string(static_cast<std::size_t>(levels - 1), '['),
                     std::string(static_cast<std::size_t>(levels - 1), ']'));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(documents)

BOOST_AUTO_TEST_CASE(an_object_is_read_in_place) {
  padded_body const body{R"({"a":1,"b":{"c":"x"}})"};
  td::document document{{}};
  BOOST_REQUIRE(!document.read(body.view()));
  BOOST_TEST(std::int64_t{document.root()["a"]} == 1);
  BOOST_REQUIRE_EQUAL(document.members().size(), 2u);
  auto const b = document.members()[1];
  BOOST_TEST(body.view().substr(b.offset, b.size) == R"({"c":"x"})");
}

BOOST_AUTO_TEST_CASE(bodies_that_hold_no_object_are_refused_by_reason) {
  BOOST_TEST(read("") == "body_empty ");
  BOOST_TEST(read("  \n") == "body_empty ");
  BOOST_TEST(read("hello") == "not_json ");
  BOOST_TEST(read("{\"a\":1}{\"a\":1}") == "not_json ");
  BOOST_TEST(read("{\"a\":1} trailing") == "not_json ");
  BOOST_TEST(read("\xef\xbb\xbf{\"a\":1}") == "not_json ");  // byte order mark
  BOOST_TEST(read(std::string(100, '\0')) == "not_json ");
  BOOST_TEST(read("{\"a\":\"\xff\"}") == "not_utf8 ");
  BOOST_TEST(read("{\"a\":\"\xed\xa0\x80\"}") == "not_utf8 ");  // a surrogate in UTF-8
  BOOST_TEST(read("\xff\xfe{\0}\0") == "not_utf8 ");            // UTF-16
  for (auto const* const json : {"[]", "[{\"a\":1}]", "1", "1.5", "\"x\"", "true", "null"}) {
    BOOST_TEST(read(json) == "not_an_object ");
  }
}

BOOST_AUTO_TEST_CASE(not_an_object_says_what_it_is) {
  td::document document{{}};
  padded_body const array{"[1]"};
  BOOST_TEST(document.read(array.view())->detail ==
             "the document is an array; an object is needed");
  padded_body const number{"12"};
  BOOST_TEST(document.read(number.view())->detail ==
             "the document is the number 12; an object is needed");
}

BOOST_AUTO_TEST_CASE(half_surrogate_pairs_are_refused_wherever_they_stand) {
  BOOST_TEST(read(R"({"a":"\ud800"})") == "surrogate_escape /a");
  BOOST_TEST(read(R"({"a":"\udc00"})") == "surrogate_escape /a");
  BOOST_TEST(read(R"({"a":["x","\ud83dx"]})") == "surrogate_escape /a/1");
  BOOST_TEST(read(R"({"a":{"\udead":1}})") == "surrogate_escape /a");
  BOOST_TEST(read(R"({"a":"\ud83d\ude00"})") == "ok");
}

BOOST_AUTO_TEST_CASE(nul_is_refused_wherever_it_stands) {
  BOOST_TEST(read(R"({"a":"\u0000"})") == "nul_escape /a");
  BOOST_TEST(read(R"({"a\u0000b":1})") == "nul_escape ");
}

BOOST_AUTO_TEST_CASE(numbers_beyond_the_limits_are_refused) {
  BOOST_TEST(read("{\"a\":" + std::string(100, '9') + "}") == "number_too_long /a");
  BOOST_TEST(read("{\"a\":0." + std::string(100, '9') + "}") == "number_too_long /a");
  BOOST_TEST(read("{\"a\":1e-9999}") == "number_out_of_range /a");
  BOOST_TEST(read("{\"a\":1e9999}") == "number_out_of_range /a");
  BOOST_TEST(read("{\"a\":9e308}") == "number_out_of_range /a");
  BOOST_TEST(read("{\"a\":18446744073709551616}") == "number_out_of_range /a");
  BOOST_TEST(read("{\"a\":-9223372036854775809}") == "number_out_of_range /a");
  BOOST_TEST(read("{\"a\":[18446744073709551615,-9223372036854775808,1e308]}") == "ok");
}

BOOST_AUTO_TEST_CASE(depth_ends_at_the_limit_with_a_pointer) {
  auto const path = [](int levels) {
    std::string pointer = "/a";
    for (int i = 2; i < levels; ++i)
      pointer += "/0";
    return pointer;
  };
  BOOST_TEST(read(nested(64)) == "ok");
  BOOST_TEST(read(nested(65)) == "too_deep " + path(65));
  BOOST_TEST(read(nested(66)) == "too_deep " + path(65));
  BOOST_TEST(read(nested(67)) == "too_deep " + path(65));
  BOOST_TEST(read(nested(200)) == "too_deep " + path(65));
  BOOST_TEST(read(std::string(1u << 20, '[')) == "too_deep " + path(66).substr(2));
}

BOOST_AUTO_TEST_CASE(size_is_refused_before_anything_is_read) {
  td::document document{{.max_bytes = 1000, .scan = {}}};
  auto const body = [](std::size_t size) {
    return "{\"a\":\"" + std::string(size - 8, 'x') + "\"}";
  };
  BOOST_TEST(read(document, body(1000)) == "ok");
  BOOST_TEST(read(document, body(1001)) == "body_too_large ");
  // Not touched at all: this memory ends long before the size says.
  padded_body const little{"{}"};
  auto const fault = document.read({little.view().data(), 10'000'000});
  BOOST_REQUIRE(fault);
  BOOST_TEST(fault->detail == "the body has 10000000 bytes; at most 1000 are allowed");
}

BOOST_AUTO_TEST_CASE(bodies_of_every_size_around_the_kept_memory_are_read) {
  td::document document{{.max_bytes = 1u << 20, .scan = {.max_string_bytes = 1u << 20}}};
  constexpr auto kept = td::document::kept_bytes;
  for (auto const size : {std::size_t{100}, kept - 1, kept, kept + 1, std::size_t{200},
                          std::size_t{1u << 20}, std::size_t{300}}) {
    BOOST_TEST(read(document, "{\"a\":\"" + std::string(size - 8, 'x') + "\"}") == "ok");
    BOOST_TEST(read(document, "{\"a\":" + std::string(size - 7, ' ') + "1}") == "ok");
  }
  document.release();
  BOOST_TEST(read(document, "{\"a\":\"" + std::string(1u << 19, 'x') + "\"}") == "ok");
  BOOST_TEST(read(document, "{\"a\":1,\"a\":2}") == "duplicate_key /a");
}

BOOST_AUTO_TEST_CASE(a_refused_body_leaves_nothing_behind_for_the_next) {
  td::document document{{}};
  for (auto const* const bad :
       {"{\"a\":", "{\"a\":1,\"a\":1}", "[1]", "{\"a\":\"\\u0000\"}", "\xff", ""}) {
    read(document, bad);
    BOOST_TEST(read(document, R"({"a":{"\u0062":1,"c":"\\"}})") == "ok");
    BOOST_TEST(document.members().size() == 1u);
  }
}

RC_BOOST_PROP(accepts_just_what_the_slow_reference_accepts, (std::uint64_t seed)) {
  td::scan_limits const limits{.max_depth = 6, .max_string_bytes = 40};
  td::test::json_maker random{seed, *rc::gen::element(0u, 15u, 80u)};
  auto const json = random.object(*rc::gen::inRange(1u, 120u));
  td::test::reference_scan const reference{json, limits};
  td::document document{{.max_bytes = 1u << 20, .scan = limits}};
  padded_body const body{json};
  auto const fault = document.read(body.view());
  RC_ASSERT(fault.has_value() == !reference.found().empty());
  if (fault) RC_ASSERT(reference.found().contains({fault->code, fault->pointer}));
}

RC_BOOST_PROP(garbage_is_refused_with_a_storable_reason, ()) {
  auto const bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  td::document document{{}};
  padded_body const body{bytes};
  auto const fault = document.read(body.view());
  boost::system::error_code ec;
  auto const other = boost::json::parse(bytes, ec);
  if (!fault) RC_ASSERT((!ec && other.is_object()));
  if (fault) RC_ASSERT(td::disposition_of(fault->code) == td::disposition::dead_letter);
  if (fault) RC_ASSERT(simdjson::validate_utf8(fault->detail + fault->pointer));
  if (fault) RC_ASSERT((fault->detail + fault->pointer).find('\0') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
