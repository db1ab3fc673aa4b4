#include "pipeline/scan.hpp"

#include <chrono>
#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck/boost_test.h>
#include <simdjson.h>

#include "tests/pipeline/bodies.hpp"
#include "tests/pipeline/json_maker.hpp"
#include "tests/pipeline/reference_scan.hpp"

using td::errc;
using td::test::json_maker;
using td::test::padded_body;
using td::test::reference_scan;

namespace {

constexpr td::scan_limits limits{.max_depth = 6, .max_string_bytes = 40};

/// A document, parsed and scanned.
class scanned {
 public:
  explicit scanned(std::string_view json, td::scan_limits l = limits) : body_{json}, scanner_{l} {
    auto const text = body_.view();
    BOOST_REQUIRE_EQUAL(parser_.parse(text.data(), text.size(), false).error(), simdjson::SUCCESS);
    auto const& found = *parser_.implementation;
    tokens_ = {found.structural_indexes.get(), found.n_structural_indexes};
    fault_ = scanner_.scan(text, tokens_);
  }

  const std::optional<td::failure>& fault() const { return fault_; }
  std::span<const std::uint32_t> tokens() const { return tokens_; }

  std::vector<std::string> members() const {
    std::vector<std::string> texts;
    for (auto const s : scanner_.members())
      texts.emplace_back(body_.view().substr(s.offset, s.size));
    return texts;
  }

 private:
  padded_body body_;
  simdjson::dom::parser parser_;
  td::scanner scanner_;
  std::span<const std::uint32_t> tokens_;
  std::optional<td::failure> fault_;
};

struct verdict_on {
  const char* json;
  errc code;
  const char* pointer;
};

void expect(std::initializer_list<verdict_on> table) {
  for (auto const& [json, code, pointer] : table) {
    BOOST_TEST_CONTEXT(json) {
      scanned const s{json};
      BOOST_REQUIRE(s.fault());
      BOOST_TEST(td::name_of(s.fault()->code) == td::name_of(code));
      BOOST_TEST(s.fault()->pointer == pointer);
      BOOST_TEST(!s.fault()->detail.empty());
    }
  }
}

std::string object_of_keys(unsigned keys, std::string_view last) {
  std::string json = "{";
  for (unsigned i = 0; i < keys; ++i)
    json += fmt::format("\"k{}\":{},", i, i);
  return json + fmt::format("\"{}\":0}}", last);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scans)

BOOST_AUTO_TEST_CASE(a_plain_document_passes_and_its_members_are_found) {
  scanned const s{R"( { "a" : 1 , "b":{"c":[1,2,{}]} ,"d":"x\"y" , "e":[ ] ,"f":null
  } )"};
  BOOST_TEST(!s.fault());
  BOOST_TEST(s.members() ==
                 (std::vector<std::string>{"1", R"({"c":[1,2,{}]})", R"("x\"y")", "[ ]", "null"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_object_has_no_members) {
  BOOST_TEST(scanned{"{}"}.members().empty());
  BOOST_TEST(scanned{" { \n } "}.members().empty());
}

BOOST_AUTO_TEST_CASE(equal_keys_are_refused_at_every_level_and_however_they_are_written) {
  expect({
      {R"({"a":1,"a":1})", errc::duplicate_key, "/a"},
      {R"({"a":1,"b":2,"c":3,"b":4})", errc::duplicate_key, "/b"},
      {R"({"":1,"":2})", errc::duplicate_key, "/"},
      {R"({"payload":{"x":[1,{"id":1,"id":2}]}})", errc::duplicate_key, "/payload/x/1/id"},
      {R"({"a":1,"\u0061":2})", errc::duplicate_key, "/a"},
      {R"({"\u0061":1,"a":2})", errc::duplicate_key, "/a"},
      {R"({"\/":1,"/":2})", errc::duplicate_key, "/~1"},
      {"{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}", errc::duplicate_key, "/\xf0\x9f\x98\x80"},
      {R"({"a" : 1 , "a" : 2})", errc::duplicate_key, "/a"},
      {R"({"12345678":1,"12345678":2})", errc::duplicate_key, "/12345678"},
      {R"({"exactly_same_key":1,"exactly_same_key":2})", errc::duplicate_key, "/exactly_same_key"},
      {R"({"a":{"b":1},"c":{"b":1},"a":0})", errc::duplicate_key, "/a"},
  });
}

BOOST_AUTO_TEST_CASE(keys_that_only_look_alike_pass) {
  for (auto const* const json : {
           R"({"a":1,"A":2,"a ":3,"aa":4,"":5})", R"({"a":{"a":{"a":1}}})", R"([{"a":1},{"a":2}])",
           R"({"project_id_of_first":1,"project_id_of_fifth":2})",
           R"({"12345678_a_12345678":1,"12345678_b_12345678":2})", R"({"\\u0061":1,"a":2})",
           "{\"\xc3\xa4\":1,\"a\xcc\x88\":2}",  // NFC and NFD: different code points
       }) {
    BOOST_TEST_CONTEXT(json) {
      auto const object = json[0] == '{' ? std::string{json} : fmt::format("{{\"x\":{}}}", json);
      BOOST_TEST(!scanned{object}.fault());
    }
  }
}

BOOST_AUTO_TEST_CASE(large_objects_are_checked_too) {
  for (unsigned const keys : {14u, 15u, 16u, 17u, 100u, 1000u}) {
    BOOST_TEST_CONTEXT(keys << " keys") {
      BOOST_TEST(!scanned{object_of_keys(keys, "other")}.fault());
      scanned const s{object_of_keys(keys, "k7")};
      BOOST_REQUIRE(s.fault());
      BOOST_TEST(s.fault()->pointer == "/k7");
    }
  }
}

BOOST_AUTO_TEST_CASE(of_many_equal_keys_the_first_repetition_is_named) {
  std::string json = "{";
  for (int i = 0; i < 40; ++i)
    json += fmt::format("\"k{}\":0,", i % 20);
  json += "\"z\":0}";
  scanned const s{json};
  BOOST_REQUIRE(s.fault());
  BOOST_TEST(s.fault()->pointer == "/k0");
}

BOOST_AUTO_TEST_CASE(a_hostile_object_takes_no_quadratic_time) {
  // 60,000 keys that agree in their size and in their first and last 8 bytes.
  std::string json = "{";
  for (int i = 0; i < 60'000; ++i)
    json += fmt::format("\"same____{:05}____same\":0,", i);
  json.back() = '}';
  auto const begin = std::chrono::steady_clock::now();
  BOOST_TEST(!scanned{json}.fault());
  // Sorting takes some 50 ms in a sanitized build, comparing all pairs half a minute.
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds{5}));
}

BOOST_AUTO_TEST_CASE(nul_escapes_are_refused_in_values_and_keys) {
  expect({
      {R"({"a":"\u0000"})", errc::nul_escape, "/a"},
      {R"({"a":["x","y\u0000z"]})", errc::nul_escape, "/a/1"},
      {R"({"b":{"\u0000":1}})", errc::nul_escape, "/b"},
      {R"({"\u0000":{"c":1}})", errc::nul_escape, ""},
      {R"({"a":"\\\u0000"})", errc::nul_escape, "/a"},
      {R"({"a":"\u00001"})", errc::nul_escape, "/a"},
  });
  BOOST_TEST(!scanned{R"({"a":"\\u0000"})"}.fault());  // a backslash and the text u0000
}

BOOST_AUTO_TEST_CASE(numbers_that_jsonb_would_expand_are_refused) {
  expect({
      {R"({"a":1e-9999})", errc::number_out_of_range, "/a"},
      {R"({"a":[0,1E-309]})", errc::number_out_of_range, "/a/1"},
      {R"({"a":0e309})", errc::number_out_of_range, "/a"},
      {R"({"a":0.00000000000000000000000000000000000000001})", errc::number_too_long, "/a"},
      {R"({"a":[1,{"b": 0.1234567890123456789012345678901234567890 }]})", errc::number_too_long,
       "/a/1/b"},
  });
}

BOOST_AUTO_TEST_CASE(numbers_at_the_limits_pass) {
  for (auto const* const number :
       {"0", "-0", "1e308", "1e-308", "1E+308", "1e+0000000000308", "18446744073709551615",
        "-9223372036854775808", "0.12345678901234567890123456789012345678",
        "1.7976931348623157e308", "0e0"}) {
    BOOST_TEST_CONTEXT(number) {
      BOOST_TEST(!scanned{fmt::format("{{\"a\":{}}}", number)}.fault());
      BOOST_TEST(!scanned{fmt::format("{{\"a\":[{} \n ]}}", number)}.fault());
    }
  }
}

BOOST_AUTO_TEST_CASE(depth_counts_containers_the_root_included) {
  BOOST_TEST(!scanned{R"({"a":[[[[[]]]]]})"}.fault());
  BOOST_TEST(!scanned{R"({"a":[[[[[]]]]],"b":[[[[[]]]]]})"}.fault());
  expect({
      {R"({"a":[[[[[[]]]]]]})", errc::too_deep, "/a/0/0/0/0/0"},
      {R"({"a":[[[[[{}]]]]]})", errc::too_deep, "/a/0/0/0/0/0"},
      {R"({"a":[[[[[]]]]],"b":{"c":[[[[{}]]]]}})", errc::too_deep, "/b/c/0/0/0/0"},
  });
}

BOOST_AUTO_TEST_CASE(strings_and_keys_are_bounded_as_they_are_written) {
  std::string const forty(40, 'x');
  BOOST_TEST(!scanned{fmt::format(R"({{"{0}" : "{0}" }})", forty)}.fault());
  BOOST_TEST(scanned{fmt::format(R"({{"a":["{}x"]}})", forty)}.fault()->pointer == "/a/0");
  BOOST_TEST(
      (scanned{fmt::format(R"({{"a":"{}x"}})", forty)}.fault()->code == errc::string_too_long));
  BOOST_TEST(scanned{fmt::format(R"({{"{}x":1}})", forty)}.fault()->pointer == "/" + forty + "x");
  BOOST_TEST(scanned{R"({"a":"\u0041\u0041\u0041\u0041\u0041\u0041\u0041"})"}.fault().has_value());
}

BOOST_AUTO_TEST_CASE(details_name_the_byte_and_the_value) {
  BOOST_TEST(scanned{R"({"a":1,"a":2})"}.fault()->detail ==
             "the key \"a\" at byte 7 is already in its object");
  BOOST_TEST(scanned{R"({"a":1e-9999})"}.fault()->detail ==
             "byte 5 begins the number 1e-9999: a number is beyond what 64-bit integers and "
             "doubles can hold");
  BOOST_TEST(scanned{R"({"a":"xy\u0000"})"}.fault()->detail ==
             "byte 8 begins '\\u0000': a string holds the NUL character, which PostgreSQL cannot "
             "store");
}

BOOST_AUTO_TEST_CASE(memory_is_given_back_and_the_scanner_goes_on) {
  std::string large = "{";
  for (int i = 0; i < 20'000; ++i)
    large += fmt::format("\"\\u0061{}\":0,", i);
  large.back() = '}';
  padded_body const small{R"({"a":1,"a":2})"};
  simdjson::dom::parser parser;
  td::scanner scanner{limits};
  auto const scan = [&](std::string_view text) {
    BOOST_REQUIRE_EQUAL(parser.parse(text.data(), text.size(), false).error(), simdjson::SUCCESS);
    auto const& found = *parser.implementation;
    return scanner.scan(text, {found.structural_indexes.get(), found.n_structural_indexes});
  };
  padded_body const padded_large{large};
  BOOST_TEST(!scan(padded_large.view()));
  BOOST_TEST(scanner.members().size() == 20'000u);
  scanner.shrink();
  BOOST_TEST(scanner.members().empty());
  BOOST_TEST(scan(small.view())->pointer == "/a");
}

RC_BOOST_PROP(agrees_with_a_slow_obvious_scan, (std::uint64_t seed)) {
  auto const size = *rc::gen::inRange(1u, 120u);
  json_maker random{seed, *rc::gen::element(0u, 10u, 60u)};
  auto const json = random.object(size);
  reference_scan const reference{json, limits};
  auto const known_to_parser = [&] {  // simdjson itself refuses some of it: that is not our subject
    padded_body const body{json};
    simdjson::dom::parser parser;
    return parser.parse(body.view().data(), body.view().size(), false).error() != simdjson::SUCCESS;
  }();
  if (known_to_parser) {
    RC_ASSERT(!reference.found().empty());
    return;
  }
  scanned const s{json};
  RC_ASSERT(s.fault().has_value() == !reference.found().empty());
  if (s.fault()) RC_ASSERT(reference.found().contains({s.fault()->code, s.fault()->pointer}));
}

RC_BOOST_PROP(the_parser_s_tokens_are_all_tokens_of_the_document, (std::uint64_t seed)) {
  json_maker random{seed, 0};
  auto const json = random.object(*rc::gen::inRange(1u, 200u));
  scanned const s{json};
  reference_scan const reference{json, limits};
  RC_ASSERT(std::vector(s.tokens().begin(), s.tokens().end()) == reference.tokens());
}

RC_BOOST_PROP(members_are_the_texts_of_the_values, (std::uint64_t seed)) {
  json_maker random{seed, 0};
  auto const json = random.object(*rc::gen::inRange(1u, 100u));
  scanned const s{json, {.max_depth = 1000, .max_string_bytes = 10'000}};
  RC_ASSERT(!s.fault());
  auto const whole = boost::json::parse(json);
  auto const texts = s.members();
  RC_ASSERT(texts.size() == whole.as_object().size());
  auto text = texts.begin();
  for (auto const& member : whole.as_object()) {
    RC_ASSERT(boost::json::parse(*text) == member.value());
    ++text;
  }
}

BOOST_AUTO_TEST_SUITE_END()
