#include <string>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/schema/json.hpp"

using td::test::accepts;
using td::test::schema_of;

namespace {

struct verdict {
  std::string_view json;
  bool good;
};

void expect(std::string_view schema, std::initializer_list<verdict> table) {
  auto const compiled = schema_of(schema);
  for (auto const& [json, good] : table) {
    BOOST_TEST(accepts(*compiled, json) == good, schema << " and " << json);
  }
}

std::string in_draft_7(std::string_view members) {
  return fmt::format(R"({{"$schema":"http://json-schema.org/draft-07/schema#",{}}})", members);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keywords)

BOOST_AUTO_TEST_CASE(true_and_the_empty_schema_accept_all_and_false_nothing) {
  for (auto const* const json : {"null", "true", "0", "\"\"", "[]", "{}"}) {
    for (auto const* const all : {"true", " true\n", "{}", R"({"title":"t"})"}) {
      BOOST_TEST(accepts(all, json));
    }
    for (auto const* const none : {"false", " false ", R"({"not":{}})", R"({"not":true})"}) {
      BOOST_TEST(!accepts(none, json));
    }
  }
}

BOOST_AUTO_TEST_CASE(one_point_zero_is_an_integer) {
  expect(R"({"type":"integer"})", {{"1", true},
                                   {"1.0", true},
                                   {"-0.0", true},
                                   {"1e300", true},
                                   {"18446744073709551615", true},
                                   {"1.5", false},
                                   {"5e-324", false},
                                   {"\"1\"", false},
                                   {"true", false}});
  expect(R"({"type":["number","null"]})",
         {{"1", true}, {"1.5", true}, {"null", true}, {"false", false}});
}

BOOST_AUTO_TEST_CASE(numbers_are_compared_without_rounding) {
  expect(R"({"maximum":9007199254740993})",
         {{"9007199254740993", true}, {"9007199254740994", false}, {"9007199254740992.0", true}});
  expect(R"({"maximum":9223372036854775807})",
         {{"9223372036854775807", true}, {"9223372036854775808", false}, {"9.3e18", false}});
  // 2^63 as a double is one more than the largest int64.
  expect(R"({"exclusiveMaximum":9223372036854775808.0})",
         {{"9223372036854775807", true}, {"9223372036854775808", false}});
  expect(R"({"minimum":18446744073709551615})",
         {{"18446744073709551615", true}, {"18446744073709551614", false}, {"2e19", true}});
  expect(R"({"exclusiveMinimum":-9223372036854775808})",
         {{"-9223372036854775808", false}, {"-9223372036854775807", true}, {"-1e19", false}});
  expect(R"({"minimum":0.1,"maximum":0.3})",
         {{"0.1", true}, {"0.3", true}, {"0.30000000000000004", false}, {"0", false}});
}

BOOST_AUTO_TEST_CASE(multiples_are_exact_in_decimal) {
  expect(R"({"multipleOf":0.01})", {{"19.99", true},
                                    {"1.1", true},
                                    {"4.35", true},
                                    {"0", true},
                                    {"-0.07", true},
                                    {"1e300", true},
                                    {"19.999", false},
                                    {"1e-9", false}});
  expect(R"({"multipleOf":0.3})", {{"0.9", true}, {"3", true}, {"1", false}});
  expect(R"({"multipleOf":3})", {{"18446744073709551615", true},
                                 {"-9223372036854775808", false},
                                 {"9.0", true},
                                 {"1e20", false},
                                 {"3e300", true}});
  expect(R"({"multipleOf":0.123456789})", {{"1e308", false}});
  expect(R"({"multipleOf":1e-308})", {{"1e308", true}, {"0.5", true}, {"1.5e-308", false}});
  expect(R"({"multipleOf":18446744073709551615})",
         {{"18446744073709551615", true}, {"1.8446744073709552e19", false}});
}

BOOST_AUTO_TEST_CASE(lengths_count_code_points) {
  expect(R"({"minLength":2,"maxLength":3})", {{R"("a")", false},
                                              {R"("ab")", true},
                                              {R"("abcd")", false},
                                              {"\"\xf0\x9f\x98\x80\"", false},
                                              {"\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"", true},
                                              {R"("äöü")", true},
                                              {"\"a\xcc\x88\xcc\x88\xcc\x88\"", false},
                                              {"5", true}});
  expect(R"({"maxLength":2.0})", {{R"("ab")", true}, {R"("abc")", false}});
  expect(R"({"maxLength":1e100})", {{R"("ab")", true}});
}

BOOST_AUTO_TEST_CASE(enum_and_const_compare_deeply) {
  expect(R"({"const":{"a":[1,{"b":null}],"c":"d"}})",
         {{R"({"c":"d","a":[1.0,{"b":null}]})", true},
          {R"({"c":"d","a":[1,{"b":false}]})", false},
          {R"({"c":"d","a":[1,{"b":null}],"e":1})", false},
          {R"({"c":"d"})", false},
          {"[]", false}});
  expect(R"({"const":0})", {{"0.0", true}, {"-0", true}, {"false", false}, {"\"0\"", false}});
  expect(R"({"const":false})", {{"false", true}, {"0", false}, {"true", false}, {"null", false}});
  expect(R"({"enum":["a","b","",null,true,2,[1],{}]})", {{"\"a\"", true},
                                                         {"\"\"", true},
                                                         {"\"c\"", false},
                                                         {"null", true},
                                                         {"true", true},
                                                         {"false", false},
                                                         {"2.0", true},
                                                         {"20e-1", true},
                                                         {"3", false},
                                                         {"[1]", true},
                                                         {"[1,1]", false},
                                                         {"[]", false},
                                                         {"{}", true}});
}

BOOST_AUTO_TEST_CASE(objects_of_any_size_are_unordered) {
  std::string forward = "{";
  std::string backward = "{";
  for (int i = 0; i < 500; ++i) {
    forward += fmt::format("\"k{}\":{},", i, i);
    backward += fmt::format("\"k{}\":{}.0,", 499 - i, 499 - i);
  }
  forward.back() = backward.back() = '}';
  auto other = backward;
  other.replace(other.find("250.0"), 5, "250.5");
  expect(fmt::format("{{\"const\":{}}}", forward),
         {{forward, true}, {backward, true}, {other, false}});
}

BOOST_AUTO_TEST_CASE(items_are_unique_by_value) {
  expect(R"({"uniqueItems":true})", {{"[]", true},
                                     {"[1,2,\"1\",true,[1],{}]", true},
                                     {"[1,1.0]", false},
                                     {"[1,true]", true},
                                     {"[0,false,null,\"\"]", true},
                                     {R"([{"a":1,"b":2},{"b":2,"a":1}])", false},
                                     {R"([{"a":1},{"a":2}])", true},
                                     {"[[1,2],[2,1]]", true},
                                     {"[\"a\",\"b\",\"a\"]", false}});
  std::string many = "[";
  for (int i = 0; i < 1000; ++i)
    many += fmt::format("{},", i);
  expect(R"({"uniqueItems":true})", {{many + "1000]", true}, {many + "500]", false}});
  expect(R"({"uniqueItems":false})", {{"[1,1]", true}});
}

BOOST_AUTO_TEST_CASE(items_by_place_and_the_rest_in_both_drafts) {
  std::initializer_list<verdict> const table{{"[]", true},
                                             {R"(["a"])", true},
                                             {R"(["a",1])", true},
                                             {R"(["a",1,true])", true},
                                             {R"([1])", false},
                                             {R"(["a","b"])", false},
                                             {R"(["a",1,2])", false},
                                             {R"({"0":1})", true}};
  constexpr std::string_view two = R"([{"type":"string"},{"type":"integer"}])";
  expect(fmt::format(R"({{"prefixItems":{},"items":{{"type":"boolean"}}}})", two), table);
  expect(in_draft_7(fmt::format(R"("items":{},"additionalItems":{{"type":"boolean"}})", two)),
         table);
  expect(in_draft_7(R"("items":{"type":"integer"},"additionalItems":false)"),
         {{"[1,2]", true}, {"[1,true]", false}});
  expect(R"({"items":false})", {{"[]", true}, {"[1]", false}});
}

BOOST_AUTO_TEST_CASE(contains_within_its_bounds) {
  expect(R"({"contains":{"type":"integer"}})",
         {{"[]", false}, {"[\"a\",1]", true}, {"[\"a\"]", false}, {"{}", true}});
  expect(R"({"contains":{"const":1},"minContains":2,"maxContains":3})",
         {{"[1]", false}, {"[1,1]", true}, {"[1,2,1,1]", true}, {"[1,1,1,1]", false}});
  expect(R"({"contains":false,"minContains":0})", {{"[]", true}, {"[1]", true}});
  expect(R"({"minContains":2,"maxContains":1})", {{"[]", true}, {"[1,2,3]", true}});
}

BOOST_AUTO_TEST_CASE(members_by_name_pattern_and_the_rest) {
  expect(R"({"properties":{"a":{"type":"integer"},"b":true,"c":false},"required":["a","z"]})",
         {{R"({"a":1,"z":0})", true},
          {R"({"a":1})", false},
          {R"({"a":"1","z":0})", false},
          {R"({"a":1,"z":0,"c":1})", false},
          {R"({"a":1,"z":0,"other":1})", true},
          {"[]", true}});
  expect(R"({"required":["z"],"properties":{"a":{}},"additionalProperties":false})",
         {{R"({"z":1})", false}, {R"({"a":1})", false}, {R"({"a":1,"z":1})", false}});
  expect(R"({"properties":{"a":{}},"patternProperties":{"^x":{"type":"integer"},"y$":{}},)"
         R"("additionalProperties":{"type":"null"}})",
         {{R"({"a":"any","x1":1,"ay":"any","other":null})", true},
          {R"({"x1":"1"})", false},
          {R"({"other":1})", false}});
  expect(R"({"propertyNames":{"maxLength":2,"enum":["a","bb","ccc"]}})",
         {{R"({"a":1,"bb":2})", true}, {R"({"ccc":1})", false}, {R"({"d":1})", false}});
  expect(R"({"propertyNames":{"anyOf":[{"const":"a"},{"pattern":"^b"}]}})",
         {{R"({"a":1,"bcd":2})", true}, {R"({"ab":1})", false}});
  expect(R"({"minProperties":1,"maxProperties":2})",
         {{"{}", false}, {R"({"a":1})", true}, {R"({"a":1,"b":2,"c":3})", false}});
}

BOOST_AUTO_TEST_CASE(names_may_be_anything) {
  expect(R"({"properties":{"":{"type":"null"},"a/b":{"type":"null"},"\u00e4":{"type":"null"},)"
         R"("constructor":{"type":"null"},"a_name_of_more_than_16_bytes":{"type":"null"}},)"
         R"("required":["__proto__"]})",
         {{R"({"__proto__":1,"":null,"a/b":null,"ä":null,"constructor":null})", true},
          {R"({"__proto__":1,"":0})", false},
          {R"({"__proto__":1,"a/b":0})", false},
          {R"({"__proto__":1,"ä":0})", false},
          {R"({"__proto__":1,"a_name_of_more_than_16_bytes":0})", false},
          {R"({"__proto__":1,"a_name_of_more_thaN_16_bytes":0})", true},
          {"{}", false}});
}

BOOST_AUTO_TEST_CASE(what_one_member_asks_of_the_others) {
  expect(R"({"dependentRequired":{"a":["b","c"],"d":[]}})", {{"{}", true},
                                                             {R"({"a":1,"b":1,"c":1})", true},
                                                             {R"({"a":1,"b":1})", false},
                                                             {R"({"d":1})", true}});
  expect(R"({"dependentSchemas":{"a":{"required":["b"]},"c":false}})",
         {{"{}", true}, {R"({"a":1,"b":1})", true}, {R"({"a":1})", false}, {R"({"c":1})", false}});
  for (auto const& schema :
       {std::string{R"({"dependencies":{"a":["b"],"c":{"maxProperties":1},"d":false}})"},
        in_draft_7(R"("dependencies":{"a":["b"],"c":{"maxProperties":1},"d":false})")}) {
    expect(schema, {{"{}", true},
                    {R"({"a":1,"b":1})", true},
                    {R"({"a":1})", false},
                    {R"({"c":1})", true},
                    {R"({"c":1,"b":1})", false},
                    {R"({"d":1})", false}});
  }
}

BOOST_AUTO_TEST_CASE(combinations) {
  expect(R"({"allOf":[{"minimum":1},{"maximum":3}]})", {{"2", true}, {"0", false}, {"4", false}});
  expect(R"({"anyOf":[{"maximum":1},{"minimum":3}]})", {{"0", true}, {"2", false}, {"4", true}});
  expect(R"({"oneOf":[{"minimum":1},{"maximum":3}]})", {{"0", true}, {"2", false}, {"4", true}});
  expect(R"({"not":{"type":"string"}})", {{"1", true}, {"\"a\"", false}});
  expect(R"({"if":{"minimum":10},"then":{"multipleOf":10},"else":{"multipleOf":2}})",
         {{"20", true}, {"15", false}, {"8", true}, {"7", false}});
  expect(R"({"if":{"minimum":10},"then":false})", {{"20", false}, {"7", true}});
  expect(R"({"then":false,"else":false})", {{"20", true}});
  expect(R"({"if":false})", {{"20", true}});
}

BOOST_AUTO_TEST_CASE(references) {
  expect(R"({"$ref":"#/$defs/a","maximum":5,"$defs":{"a":{"type":"integer"}}})",
         {{"3", true}, {"\"3\"", false}, {"6", false}});
  expect(R"({"properties":{"a":{"type":"null"},"b":{"$ref":"#/properties/a"}}})",
         {{R"({"b":null})", true}, {R"({"b":1})", false}});
  expect(R"({"items":{"$ref":"#/$defs/a~1b%20~0%25"},"$defs":{"a/b ~%":{"type":"null"}}})",
         {{"[null]", true}, {"[1]", false}});
  expect(R"({"items":{"$ref":"#node"},"$defs":{"x":{"$anchor":"node","type":"null"}}})",
         {{"[null]", true}, {"[1]", false}});
  expect(R"({"allOf":[true,{"type":"array"}],"items":{"$ref":"#/allOf/1"}})",
         {{"[[],[1]]", true}, {"[1]", false}});
  expect(R"({"items":{"$ref":"#/$defs/t"},"$defs":{"t":true,"f":false}})", {{"[1]", true}});
  expect(R"({"items":{"$ref":"#/$defs/f"},"$defs":{"t":true,"f":false}})", {{"[1]", false}});
  // A tree of itself.
  expect(R"({"type":"object","required":["v"],"properties":{"v":{"type":"integer"},)"
         R"("children":{"type":"array","items":{"$ref":"#"}}}})",
         {{R"({"v":1,"children":[{"v":2},{"v":3,"children":[{"v":4}]}]})", true},
          {R"({"v":1,"children":[{"v":2},{"v":3,"children":[{"v":"4"}]}]})", false}});
}

BOOST_AUTO_TEST_CASE(formats_are_asserted_and_concern_strings_only) {
  expect(
      R"({"format":"uuid"})",
      {{R"("00112233-4455-6677-8899-aabbccddeeff")", true}, {R"("00112233")", false}, {"5", true}});
  expect(R"({"format":"date-time"})",
         {{R"("2026-11-20T12:00:00Z")", true}, {R"("2026-11-20")", false}});
  expect(R"({"format":"date"})", {{R"("2026-11-20")", true}, {R"("2026-13-20")", false}});
  expect(R"({"format":"uri"})", {{R"("https://a/b")", true}, {R"("/b")", false}});
  expect(R"({"format":"email"})", {{R"("a@b.example")", true}, {R"("a")", false}});
  expect(R"({"pattern":"^[a-z]+$"})", {{R"("abc")", true}, {R"("aBc")", false}, {"5", true}});
}

BOOST_AUTO_TEST_SUITE_END()
