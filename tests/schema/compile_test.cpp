#include <string>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck/boost_test.h>

#include "schema/compiled_schema.hpp"
#include "tests/pipeline/json_maker.hpp"
#include "tests/schema/json.hpp"

using td::compiled_schema;
using td::errc;

namespace {

constexpr std::string_view draft_7 = R"("$schema":"http://json-schema.org/draft-07/schema#")";

struct refused {
  std::string schema;
  std::string pointer;
  std::string_view reason;  ///< a part of the detail
};

void expect_refused(std::initializer_list<refused> table) {
  for (auto const& [schema, pointer, reason] : table) {
    BOOST_TEST_CONTEXT(schema.substr(0, 200)) {
      auto const compiled = compiled_schema::compile(schema);
      BOOST_REQUIRE(!compiled);
      auto const& f = compiled.error();
      BOOST_TEST(td::name_of(f.code) == td::name_of(errc::configuration_invalid));
      BOOST_TEST(f.pointer == pointer);
      BOOST_TEST(f.detail.find(reason) != std::string::npos, f.detail);
      BOOST_TEST(simdjson::validate_utf8(f.detail));
    }
  }
}

std::string in_draft_7(std::string_view members) {
  return fmt::format("{{{},{}}}", draft_7, members);
}

std::string nested(std::string_view open, std::string_view inner, std::string_view close, int n) {
  std::string text;
  for (int i = 0; i < n; ++i)
    text += open;
  text += inner;
  for (int i = 0; i < n; ++i)
    text += close;
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refused_schemas)

BOOST_AUTO_TEST_CASE(what_is_no_json_or_no_schema) {
  expect_refused({
      {"", "", "the schema is empty"},
      {" \n ", "", "the schema is empty"},
      {"{\"type\":", "", "not_json"},
      {"nonsense", "", "not_json"},
      {"{} {}", "", "not_json"},
      {"[]", "", "an array: a schema is an object, true or false"},
      {"12", "", "the number 12: a schema is an object, true or false"},
      {"\"string\"", "", "a schema is an object, true or false"},
      {"null", "", "null: a schema is an object, true or false"},
      {"{\"type\":\"\xff\"}", "", "not_utf8"},
      {"\xEF\xBB\xBF{}", "", "not_json"},
  });
}

BOOST_AUTO_TEST_CASE(what_an_event_could_not_hold_either) {
  expect_refused({
      {R"({"type":"string","type":"object"})", "/type", "duplicate_key"},
      {R"({"properties":{"a":{},"\u0061":{}}})", "/properties/a", "duplicate_key"},
      {R"({"const":"\u0000"})", "/const", "nul_escape"},
      {R"({"const":"\ud800"})", "/const", "surrogate_escape"},
      {R"({"maximum":1e999})", "/maximum", "number_out_of_range"},
      {R"({"maximum":123456789012345678901234567890})", "/maximum", "number_out_of_range"},
      {R"({"maximum":0.00000000000000000000000000000000000000001})", "/maximum", "number_too_long"},
  });
}

BOOST_AUTO_TEST_CASE(what_is_too_large) {
  auto const megabyte = R"({"$comment":")" + std::string(10u << 20, 'x') + "\"}";
  expect_refused({
      {megabyte, "", "the schema has 10485775 bytes; at most 1048576 are allowed"},
      {nested("{\"not\":", "{}", "}", 64), nested("/not", "", "", 64), "at most 64 are allowed"},
      {nested("{\"default\":[", "1", "]}", 33), nested("/default/0", "", "", 32),
       "at most 64 are allowed"},
  });
  BOOST_TEST(compiled_schema::compile(nested("{\"not\":", "{}", "}", 63)).has_value());

  std::string many = "{\"allOf\":[";
  for (int i = 0; i < 10'000; ++i)
    many += R"({"minimum":0},)";
  many.back() = ']';
  expect_refused({{many + "}", "/allOf/9999", "at most 10000 are allowed"}});

  std::string patterns = "{\"patternProperties\":{";
  for (int i = 0; i <= 200; ++i)
    patterns += fmt::format("\"^{}$\":{{}},", i);
  patterns.back() = '}';
  expect_refused({{patterns + "}", "/patternProperties/^200$", "at most 200 are allowed"}});

  std::string large = "{\"allOf\":[";
  for (int i = 0; i < 100; ++i)
    large += fmt::format(R"({{"pattern":"\\p{{L}}{{9{}}}"}},)", i % 10);
  large.back() = ']';
  auto const too_large = compiled_schema::compile(large + "}");
  BOOST_REQUIRE(!too_large);
  BOOST_TEST(too_large.error().detail.starts_with("with this pattern those of the schema take"));
}

BOOST_AUTO_TEST_CASE(keywords_that_are_not_supported) {
  expect_refused({
      {R"({"minLenght":1})", "/minLenght",
       "the keyword \"minLenght\" is not supported; did you mean minLength?"},
      {R"({"properties":{"a":{"requird":[]}}})", "/properties/a/requird", "did you mean required?"},
      {R"({"unevaluatedProperties":false})", "/unevaluatedProperties",
       "those of draft 2020-12 that are: $anchor, $comment, $defs, "},
      {R"({"unevaluatedItems":false})", "/unevaluatedItems", "is not supported"},
      {R"({"$dynamicRef":"#a"})", "/$dynamicRef", "is not supported"},
      {R"({"$dynamicAnchor":"a"})", "/$dynamicAnchor", "is not supported"},
      {R"({"$recursiveRef":"#"})", "/$recursiveRef", "is not supported"},
      {R"({"$vocabulary":{}})", "/$vocabulary", "is not supported"},
      {R"({"contentEncoding":"base64"})", "/contentEncoding", "is not supported"},
      {R"({"contentMediaType":"application/json"})", "/contentMediaType", "is not supported"},
      {R"({"contentSchema":{}})", "/contentSchema", "is not supported"},
      {R"({"x-note":1})", "/x-note", "is not supported"},
      {R"({"":1})", "/", "is not supported"},
      {"{\"\\u001b[2J\":1}", "/\x1b[2J", "the keyword \"\\u001b[2J\" is not supported"},
      {R"({"$defs":{"unused":{"$ref":"#","foo":1}}})", "/$defs/unused/foo", "is not supported"},
      {R"({"not":{"allOf":[{},{"a/b~c":1}]}})", "/not/allOf/1/a~1b~0c", "is not supported"},
  });
}

BOOST_AUTO_TEST_CASE(drafts_that_are_not_spoken_and_keywords_of_the_other_one) {
  expect_refused({
      {R"({"$schema":"https://json-schema.org/draft/2019-09/schema"})", "/$schema",
       "\"https://json-schema.org/draft/2020-12/schema\" (draft 2020-12) or "
       "\"http://json-schema.org/draft-07/schema#\" (draft 7) is needed"},
      {R"({"$schema":"http://json-schema.org/draft-04/schema#"})", "/$schema", "is needed"},
      {R"({"$schema":"http://json-schema.org/schema#"})", "/$schema", "is needed"},
      {R"({"$schema":7})", "/$schema", "\"$schema\" is the number 7"},
      {R"({"not":{"$schema":"https://json-schema.org/draft/2020-12/schema"}})", "/not/$schema",
       "at the root only"},
      {R"({"additionalItems":false})", "/additionalItems",
       "is a keyword of draft 7, and this schema is of draft 2020-12; \"items\" beside "
       "\"prefixItems\" says it there"},
      {R"({"items":[{}]})", "/items", "\"items\" is an array"},
      {in_draft_7(R"("prefixItems":[{}])"), "/prefixItems", "\"items\" with an array says it"},
      {in_draft_7(R"("dependentRequired":{})"), "/dependentRequired", "\"dependencies\" says it"},
      {in_draft_7(R"("dependentSchemas":{})"), "/dependentSchemas", "\"dependencies\" says it"},
      {in_draft_7(R"("minContains":1)"), "/minContains", "is a keyword of draft 2020-12"},
      {in_draft_7(R"("maxContains":1)"), "/maxContains", "is a keyword of draft 2020-12"},
      {in_draft_7(R"("$anchor":"a")"), "/$anchor", "is a keyword of draft 2020-12"},
  });
}

BOOST_AUTO_TEST_CASE(references_out_of_the_schema_and_to_nowhere) {
  expect_refused({
      {R"({"$ref":"http://example.com/schema.json"})", "/$ref",
       "which is outside of this schema; a place within this schema (#, #/json/pointer or "
       "#anchor) is needed"},
      {R"({"items":{"$ref":"other.json#/a"}})", "/items/$ref", "outside of this schema"},
      {R"({"$ref":""})", "/$ref", "outside of this schema"},
      {R"({"$id":"http://a/b","$ref":"http://a/b#"})", "/$ref", "outside of this schema"},
      {R"({"$ref":5})", "/$ref", "\"$ref\" is the number 5"},
      {R"({"$ref":"#/$defs/a"})", "/$ref", "but there is nothing at that place"},
      {R"({"$ref":"#/$defs/b","$defs":{"a":{}}})", "/$ref", "but there is nothing at that place"},
      {R"({"$ref":"#/allOf/1","allOf":[{}]})", "/$ref", "but there is nothing at that place"},
      {R"({"$ref":"#/allOf/00","allOf":[{}]})", "/$ref", "but there is nothing at that place"},
      {R"({"$ref":"#/allOf/-","allOf":[{}]})", "/$ref", "but there is nothing at that place"},
      {R"({"$ref":"#/$defs","$defs":{"a":{}}})", "/$ref", "is no schema"},
      {R"({"$ref":"#/examples/0","examples":[{}]})", "/$ref", "is no schema"},
      {R"({"$ref":"#/const","const":{}})", "/$ref", "is no schema"},
      {R"({"$ref":"#/$defs/a~2","$defs":{"a~2":{}}})", "/$ref", "is no JSON pointer"},
      {R"({"$ref":"#/$defs/a%2","$defs":{"a":{}}})", "/$ref", "two hex digits"},
      {R"({"$ref":"#a"})", "/$ref", "no schema here has that anchor"},
      {R"({"$anchor":"1a"})", "/$anchor", "begins with a letter"},
      {R"({"$anchor":"a","not":{"$anchor":"a"}})", "/$anchor", "already elsewhere"},
      {R"({"not":{"$id":"http://a/b"}})", "/not/$id", "at the root only"},
      {R"({"$id":"#a"})", "/$id", "a URI without fragment is needed"},
      {R"({"$id":""})", "/$id", "a URI without fragment is needed"},
  });
}

BOOST_AUTO_TEST_CASE(references_that_lead_back_without_progress) {
  expect_refused({
      {R"({"$ref":"#"})", "/$ref", "leads back to where it came from"},
      {R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})", "/$defs/b/$ref",
       "without going into the document: #/$defs/a -> #/$defs/b -> #/$defs/a"},
      {R"({"allOf":[{"anyOf":[{"$ref":"#"}]}]})", "/allOf/0/anyOf/0/$ref", "leads back"},
      {R"({"if":{"not":{"$ref":"#"}},"then":false})", "/if/not/$ref", "leads back"},
      {R"({"dependentSchemas":{"a":{"oneOf":[{"$ref":"#"}]}}})", "/dependentSchemas/a/oneOf/0/$ref",
       "leads back"},
  });
  // These go on into the document, which ends.
  for (auto const* const fine :
       {R"({"properties":{"child":{"$ref":"#"}}})", R"({"items":{"$ref":"#"}})",
        R"({"propertyNames":{"$ref":"#"}})", R"({"contains":{"$ref":"#"}})",
        R"({"additionalProperties":{"allOf":[{"$ref":"#"}]}})"}) {
    BOOST_TEST(compiled_schema::compile(fine).has_value(), fine);
  }
}

BOOST_AUTO_TEST_CASE(siblings_of_a_reference_in_draft_7) {
  expect_refused({
      {in_draft_7(R"("definitions":{"a":{}},"$ref":"#/definitions/a","type":"object")"), "/type",
       "\"type\" stands beside \"$ref\", where draft 7 ignores it; put the \"$ref\" into an "
       "\"allOf\""},
  });
  BOOST_TEST(
      compiled_schema::compile(
          in_draft_7(R"("$id":"http://a/b","definitions":{"a":{"type":"null"}},)"
                     R"("$ref":"#/definitions/a","title":"t","description":"d","$comment":"c")"))
          .has_value());
}

BOOST_AUTO_TEST_CASE(patterns_and_formats_that_cannot_be_obeyed) {
  expect_refused({
      {R"j({"pattern":"(?=a)"})j", "/pattern", ""},
      {R"j({"pattern":"(a)\\1"})j", "/pattern", ""},
      {R"j({"pattern":"("})j", "/pattern", ""},
      {R"({"pattern":"((((a{1,100}){1,100}){1,100}){1,100}){1,100}"})", "/pattern", ""},
      {R"({"pattern":5})", "/pattern", "a string is needed"},
      {R"j({"patternProperties":{"(?!x)":{}}})j", "/patternProperties/(?!x)", ""},
      {R"({"format":"ipv4"})", "/format",
       "the format \"ipv4\" is not supported; those that are: date-time, date, uuid, uri, email"},
      {R"({"format":"datetime"})", "/format", "did you mean date-time?"},
      {R"({"format":1})", "/format", "a string is needed"},
  });
}

BOOST_AUTO_TEST_CASE(values_that_keywords_do_not_take) {
  expect_refused({
      {R"({"type":"strin"})", "/type", "\"type\" is \"strin\"; null, boolean, integer"},
      {R"({"type":[]})", "/type", "at least one type is needed"},
      {R"({"type":["string","string"]})", "/type", "names \"string\" twice"},
      {R"({"type":[1]})", "/type", "\"type\" is the number 1"},
      {R"({"enum":[]})", "/enum", "an array of at least one value is needed"},
      {R"({"enum":"a"})", "/enum", "an array of at least one value is needed"},
      {R"({"multipleOf":0})", "/multipleOf", "a number above 0 is needed"},
      {R"({"multipleOf":-0.5})", "/multipleOf", "a number above 0 is needed"},
      {R"({"multipleOf":"2"})", "/multipleOf", "a number is needed"},
      {R"({"maximum":"9"})", "/maximum", "a number is needed"},
      {R"({"exclusiveMaximum":true})", "/exclusiveMaximum", "a number is needed"},
      {R"({"minimum":null})", "/minimum", "a number is needed"},
      {R"({"exclusiveMinimum":[]})", "/exclusiveMinimum", "a number is needed"},
      {R"({"minLength":-1})", "/minLength",
       "\"minLength\" is the number -1; an integer from 0 on is needed"},
      {R"({"maxLength":1.5})", "/maxLength", "an integer from 0 on is needed"},
      {R"({"minItems":"1"})", "/minItems", "an integer from 0 on is needed"},
      {R"({"maxItems":true})", "/maxItems", "an integer from 0 on is needed"},
      {R"({"minProperties":-1e3})", "/minProperties", "an integer from 0 on is needed"},
      {R"({"maxProperties":{}})", "/maxProperties", "an integer from 0 on is needed"},
      {R"({"minContains":-1})", "/minContains", "an integer from 0 on is needed"},
      {R"({"maxContains":0.5,"contains":{}})", "/maxContains", "an integer from 0 on is needed"},
      {R"({"uniqueItems":1})", "/uniqueItems", "true or false is needed"},
      {R"({"required":"x"})", "/required", "\"required\" is \"x\"; an array of names is needed"},
      {R"({"required":["x","x"]})", "/required", "\"required\" names \"x\" twice"},
      {R"({"required":[1]})", "/required", "names (strings) are needed"},
      {R"({"dependentRequired":{"a":"b"}})", "/dependentRequired/a", "an array of names"},
      {R"({"dependentRequired":{"a":["b","b"]}})", "/dependentRequired/a", "\"b\" twice"},
      {R"({"dependentRequired":[]})", "/dependentRequired", "an object is needed"},
      {R"({"dependentSchemas":{"a":["b"]}})", "/dependentSchemas/a", "here stands an array"},
      {R"({"dependencies":{"a":5}})", "/dependencies/a", "here stands the number 5"},
      {R"({"properties":[]})", "/properties", "an object is needed"},
      {R"({"properties":{"a":5}})", "/properties/a",
       "here stands the number 5; a schema is an object, true or false"},
      {R"({"patternProperties":1})", "/patternProperties", "an object is needed"},
      {R"({"additionalProperties":"no"})", "/additionalProperties", "a schema is an object"},
      {R"({"propertyNames":[]})", "/propertyNames", "a schema is an object"},
      {R"({"prefixItems":[]})", "/prefixItems", "an array of at least one schema is needed"},
      {R"({"prefixItems":{}})", "/prefixItems", "an array of at least one schema is needed"},
      {R"({"items":1})", "/items", "a schema is an object"},
      {R"({"contains":1})", "/contains", "a schema is an object"},
      {R"({"allOf":[]})", "/allOf", "an array of at least one schema is needed"},
      {R"({"anyOf":{}})", "/anyOf", "an array of at least one schema is needed"},
      {R"({"oneOf":[{},3]})", "/oneOf/1", "here stands the number 3"},
      {R"({"not":[]})", "/not", "a schema is an object"},
      {R"({"if":0})", "/if", "a schema is an object"},
      {R"({"then":0})", "/then", "a schema is an object"},
      {R"({"else":0})", "/else", "a schema is an object"},
      {R"({"$defs":[]})", "/$defs", "an object is needed"},
      {R"({"definitions":{"a":1}})", "/definitions/a", "a schema is an object"},
      {R"({"title":1})", "/title", "a string is needed"},
      {R"({"description":[]})", "/description", "a string is needed"},
      {R"({"$comment":{}})", "/$comment", "a string is needed"},
      {R"({"$id":1})", "/$id", "a string is needed"},
      {R"({"examples":{}})", "/examples", "an array is needed"},
      {R"({"deprecated":"yes"})", "/deprecated", "true or false is needed"},
      {R"({"readOnly":1})", "/readOnly", "true or false is needed"},
      {R"({"writeOnly":null})", "/writeOnly", "true or false is needed"},
      {in_draft_7(R"("items":[])"), "/items", "an array of at least one schema is needed"},
      {in_draft_7(R"("items":{},"additionalItems":5)"), "/additionalItems", "a schema is"},
  });
}

RC_BOOST_PROP(any_json_gets_an_answer, (std::uint64_t seed)) {
  td::test::json_maker maker{seed, 50};
  auto const compiled = compiled_schema::compile(
      fmt::format(R"({{"{}":{}}})", maker.one_of({"properties", "const", "items", "enum", "x"}),
                  maker.object(20)));
  if (compiled) return;
  RC_ASSERT(compiled.error().code == errc::configuration_invalid);
  RC_ASSERT(!compiled.error().detail.empty());
  RC_ASSERT(simdjson::validate_utf8(compiled.error().detail));
}

BOOST_AUTO_TEST_SUITE_END()
