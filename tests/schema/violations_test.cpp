#include <string>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck/boost_test.h>

#include "tests/pipeline/json_maker.hpp"
#include "tests/schema/json.hpp"

using td::test::first_violation;
using td::test::json;
using td::test::schema_of;

namespace {

struct told {
  std::string_view schema;
  std::string_view json;
  std::string_view pointer;
  std::string_view keyword;
  std::string_view schema_pointer;
  std::string_view sentence;
};

void expect(std::initializer_list<told> table) {
  for (auto const& t : table) {
    BOOST_TEST_CONTEXT(t.schema << " and " << t.json) {
      auto const v = first_violation(t.schema, t.json);
      BOOST_TEST(v.pointer == t.pointer);
      BOOST_TEST(v.keyword == t.keyword);
      BOOST_TEST(v.schema_pointer == t.schema_pointer);
      BOOST_TEST(v.sentence == t.sentence);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(violations)

BOOST_AUTO_TEST_CASE(of_one_value) {
  expect({
      {R"({"properties":{"progress":{"maximum":100}}})", R"({"progress":120})", "/progress",
       "maximum", "/properties/progress/maximum",
       "\"progress\" is the number 120; at most 100 is allowed"},
      {R"({"minimum":0.5})", "0", "", "minimum", "/minimum",
       "the document is the number 0; at least 0.5 is needed"},
      {R"({"exclusiveMinimum":18446744073709551615})", "1.5", "", "exclusiveMinimum",
       "/exclusiveMinimum",
       "the document is the number 1.5; more than 18446744073709551615 is needed"},
      {R"({"exclusiveMaximum":-3})", "-3", "", "exclusiveMaximum", "/exclusiveMaximum",
       "the document is the number -3; less than -3 is needed"},
      {R"({"multipleOf":0.01})", "0.001", "", "multipleOf", "/multipleOf",
       "the document is the number 0.001; a multiple of 0.01 is needed"},
      {R"({"type":["integer","null"]})", "\"1\"", "", "type", "/type",
       "the document is \"1\"; an integer or null is needed"},
      {R"({"type":["number","integer","boolean","array","object"]})", "\"1\"", "", "type", "/type",
       "the document is \"1\"; an object, an array, a number or true or false is needed"},
      {R"({"const":[1]})", "{}", "", "const", "/const",
       "the document is an object; an array is needed"},
      {R"({"maxLength":3})", "\"abcd\"", "", "maxLength", "/maxLength",
       "the document has 4 characters; at most 3 are allowed"},
      {R"({"minLength":1})", "\"\"", "", "minLength", "/minLength",
       "the document has 0 characters; at least 1 is needed"},
      {R"({"pattern":"^a$"})", "\"b\"", "", "pattern", "/pattern",
       "the document is \"b\"; a match of the pattern \"^a$\" is needed"},
      {R"({"format":"uuid"})", "\"b\"", "", "format", "/format",
       "the document is \"b\"; a UUID of the form 8-4-4-4-12 is needed"},
      {R"({"format":"date-time"})", "\"b\"", "", "format", "/format",
       "the document is \"b\"; an RFC 3339 date-time, such as 2026-11-20T12:00:00Z, is needed"},
      {R"({"properties":{"status":{"enum":["todo","done",null]}}})", R"({"status":"don"})",
       "/status", "enum", "/properties/status/enum",
       "\"status\" is \"don\"; one of \"todo\", \"done\" or null is needed; did you mean "
       "\"done\"?"},
      {R"({"enum":[1,2,3,4,5,6,7,8]})", "9", "", "enum", "/enum",
       "the document is the number 9; one of the number 1, the number 2, the number 3, the number "
       "4, the number 5, the number 6 or 2 more is needed"},
  });
}

BOOST_AUTO_TEST_CASE(of_arrays) {
  expect({
      {R"({"properties":{"tags":{"items":{"type":"string"}}}})", R"({"tags":["a",1]})", "/tags/1",
       "type", "/properties/tags/items/type", "\"tags\"[1] is the number 1; a string is needed"},
      {R"({"items":{"items":{"type":"string"}}})", "[[],[1]]", "/1/0", "type", "/items/items/type",
       "[1][0] of the document is the number 1; a string is needed"},
      {R"({"prefixItems":[{},{"type":"null"}]})", "[1,2]", "/1", "type", "/prefixItems/1/type",
       "[1] of the document is the number 2; null is needed"},
      {R"({"maxItems":1})", "[1,2]", "", "maxItems", "/maxItems",
       "the document has 2 items; at most 1 is allowed"},
      {R"({"minItems":2})", "[1]", "", "minItems", "/minItems",
       "the document has 1 item; at least 2 are needed"},
      {R"({"uniqueItems":true})", "[3,1,2,1.0]", "", "uniqueItems", "/uniqueItems",
       "the document has equal items at 1 and 3; each may stand there once"},
      {R"({"contains":{"const":1}})", "[2]", "", "contains", "/contains",
       "the document has 0 items that match the schema of \"contains\"; at least 1 is needed"},
      {R"({"contains":{"const":1},"minContains":2})", "[1]", "", "minContains", "/minContains",
       "the document has 1 item that match the schema of \"contains\"; at least 2 are needed"},
      {R"({"contains":{"const":1},"maxContains":1})", "[1,1]", "", "maxContains", "/maxContains",
       "the document has 2 items that match the schema of \"contains\"; at most 1 is allowed"},
      {R"({"items":false})", "[1]", "/0", "items", "/items",
       "[0] of the document is not allowed there, whatever it is"},
  });
}

BOOST_AUTO_TEST_CASE(of_objects) {
  expect({
      {R"({"required":["task_id"]})", "{}", "/task_id", "required", "/required",
       "\"task_id\" is missing; it is required"},
      {R"({"properties":{"a~b":{"required":["c/d"]}}})", R"({"a~b":{}})", "/a~0b/c~1d", "required",
       "/properties/a~0b/required", "\"c/d\" is missing; it is required"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", "/b", "dependentRequired",
       "/dependentRequired/a", "\"b\" is missing; it is required where \"a\" is there"},
      {R"({"dependencies":{"a":["b"]}})", R"({"a":1})", "/b", "dependencies", "/dependencies/a",
       "\"b\" is missing; it is required where \"a\" is there"},
      {R"({"properties":{"title":{}},"additionalProperties":false})", R"({"titel":1})", "/titel",
       "additionalProperties", "/additionalProperties",
       "\"titel\" is a member that the schema does not name, and others are not allowed; did you "
       "mean title?"},
      {R"({"additionalProperties":{"type":"null"}})", R"({"a":1})", "/a", "type",
       "/additionalProperties/type", "\"a\" is the number 1; null is needed"},
      {R"({"patternProperties":{"^a":{"type":"null"}}})", R"({"ab":1})", "/ab", "type",
       "/patternProperties/^a/type", "\"ab\" is the number 1; null is needed"},
      {R"({"properties":{"a":false}})", R"({"a":1})", "/a", "properties", "/properties/a",
       "\"a\" is not allowed there, whatever it is"},
      {R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})", "/abc", "maxLength",
       "/propertyNames/maxLength", "the name \"abc\" has 3 characters; at most 2 are allowed"},
      {R"({"propertyNames":false})", R"({"abc":1})", "/abc", "propertyNames", "/propertyNames",
       "the name \"abc\" is not allowed there, whatever it is"},
      {R"({"minProperties":1})", "{}", "", "minProperties", "/minProperties",
       "the document has 0 members; at least 1 is needed"},
      {R"({"maxProperties":1})", R"({"a":1,"b":2})", "", "maxProperties", "/maxProperties",
       "the document has 2 members; at most 1 is allowed"},
  });
}

BOOST_AUTO_TEST_CASE(of_combinations) {
  expect({
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"null"}}})", "1", "", "type", "/$defs/a/type",
       "the document is the number 1; null is needed"},
      {R"({"allOf":[{},{"maximum":1}]})", "2", "", "maximum", "/allOf/1/maximum",
       "the document is the number 2; at most 1 is allowed"},
      {R"({"not":{"type":"integer"}})", "2", "", "not", "/not",
       "the document is the number 2; what matches the schema of \"not\" is not allowed"},
      {R"({"if":{"type":"integer"},"then":{"maximum":1}})", "2", "", "maximum", "/then/maximum",
       "the document is the number 2; at most 1 is allowed"},
      {R"({"if":{"type":"string"},"else":false})", "2", "", "else", "/else",
       "the document is not allowed there, whatever it is"},
      {R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"a":1})", "/b", "required",
       "/dependentSchemas/a/required", "\"b\" is missing; it is required"},
      {R"({"oneOf":[{"type":"integer"},{"type":"string"},{"minimum":1}]})", "2", "", "oneOf",
       "/oneOf",
       "the document matches 2 of the 3 schemas of \"oneOf\" (at 0, 2); exactly one is needed"},
      {R"({"anyOf":[{"type":"string"},{"type":"object","properties":{"a":{"type":"null"}}}]})",
       R"({"a":5})", "", "anyOf", "/anyOf",
       "the document matches none of the 2 schemas of \"anyOf\"; the nearest: \"a\" is the number "
       "5; null is needed"},
      {R"({"oneOf":[{"type":"string"},{"maximum":1}]})", "2", "", "oneOf", "/oneOf",
       "the document matches none of the 2 schemas of \"oneOf\"; the nearest: the document is the "
       "number 2; at most 1 is allowed"},
      {"false", "2", "", "false", "", "the schema is false, which allows no document"},
  });
}

BOOST_AUTO_TEST_CASE(all_of_them_in_the_order_of_the_program_up_to_a_limit) {
  auto const schema = schema_of(
      R"({"required":["id"],"minProperties":5,"properties":{"a":{"type":"string","enum":["x"]},)"
      R"("b":{"items":{"maximum":1}}},"additionalProperties":false})");
  json const document{R"({"a":1,"b":[2,0,3],"c":0})"};
  auto const all = schema->check_all(*document, 100);
  std::vector<std::string> pointers;
  for (auto const& v : all)
    pointers.push_back(fmt::format("{} {}", v.keyword, v.pointer));
  BOOST_TEST(pointers == (std::vector<std::string>{"minProperties ", "required /id", "type /a",
                                                   "enum /a", "maximum /b/0", "maximum /b/2",
                                                   "additionalProperties /c"}),
             boost::test_tools::per_element());
  BOOST_TEST(schema->check_all(*document, 3).size() == 3u);
  BOOST_TEST(schema->check_all(*document, 0).empty());
  BOOST_TEST((*schema->check(*document) == all.front()));
}

BOOST_AUTO_TEST_CASE(text_from_outside_is_shown_safely) {
  auto const v = first_violation(R"({"additionalProperties":{"const":"\u001b"}})",
                                 "{\"\\u001b[2J\":\"\\u202e\"}");
  BOOST_TEST(v.sentence == "\"\\u001b[2J\" is \"\\u202e\"; \"\\u001b\" is needed");
  auto const name = std::string(100'000, 'x');
  auto const long_one =
      first_violation(R"({"additionalProperties":false})", fmt::format("{{\"{}\":1}}", name));
  BOOST_TEST(long_one.sentence.size() < 500u);
  BOOST_TEST(long_one.pointer.empty());  // it names the nearest ancestor that is short enough
}

RC_BOOST_PROP(every_no_is_explained, (std::uint64_t seed)) {
  td::test::json_maker maker{seed, 0};
  json const document{maker.object(30)};
  auto const schema = schema_of(
      R"({"additionalProperties":{"$ref":"#/$defs/v"},"maxProperties":3,"$defs":{"v":{"anyOf":[)"
      R"({"type":["integer","null"],"maximum":10},{"type":"string","maxLength":3},)"
      R"({"type":"array","items":{"$ref":"#/$defs/v"},"uniqueItems":true},{"$ref":"#"}]}}})");
  auto const first = schema->check(*document);
  auto const all = schema->check_all(*document, 10);
  RC_ASSERT(first.has_value() == !all.empty());
  if (first) RC_ASSERT(*first == all.front());
  for (auto const& v : all) {
    RC_ASSERT(!v.sentence.empty());
    RC_ASSERT(simdjson::validate_utf8(v.sentence));
    RC_ASSERT(!(*document).at_pointer(v.pointer).error());
  }
}

BOOST_AUTO_TEST_SUITE_END()
