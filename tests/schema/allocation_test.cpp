#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/pipeline/counted_allocations.hpp"
#include "tests/schema/json.hpp"

using td::test::json;
using td::test::schema_of;

namespace {

std::size_t allocations_for(const td::compiled_schema& schema, const json& document, bool good) {
  auto const before = td::test::allocations();
  auto const v = schema.check(*document);
  auto const after = td::test::allocations();
  BOOST_REQUIRE_EQUAL(!v.has_value(), good);
  return after - before;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(allocations_of_checks)

BOOST_AUTO_TEST_CASE(a_document_that_passes_costs_none) {
  auto const schema = schema_of(
      R"({"type":"object","required":["id","tags"],"minProperties":2,"properties":{)"
      R"("id":{"format":"uuid"},"at":{"format":"date-time"},"day":{"format":"date"},)"
      R"("mail":{"format":"email"},"title":{"minLength":1,"maxLength":5},)"
      R"("status":{"enum":["todo","done",1,[2],{"a":1,"b":2}]},"price":{"multipleOf":0.01},)"
      R"("tags":{"uniqueItems":true,"contains":{"const":"a"},"prefixItems":[{}]},)"
      R"("next":{"anyOf":[{"type":"null"},{"$ref":"#"}]},"code":{"pattern":"^[a-z]+$"}},)"
      R"("patternProperties":{"^x_":{"not":{"type":"string"}}},"propertyNames":{"maxLength":20},)"
      R"("if":{"required":["at"]},"then":{"required":["day"]},"dependentRequired":{"at":["id"]}})");
  json const document{
      R"({"id":"00112233-4455-6677-8899-aabbccddeeff","at":"2026-11-20T12:00:00Z",)"
      R"("day":"2026-11-20","mail":"a@b.example","title":"äöü","status":{"b":2,"a":1.0},)"
      R"("price":19.99,"tags":["a","b",1,2,3],"x_more":5,"code":"abc",)"
      R"("next":{"id":"00112233-4455-6677-8899-aabbccddeeff","tags":["a"],"next":null}})"};
  allocations_for(*schema, document, true);  // RE2 builds its automaton at the first match
  BOOST_TEST(allocations_for(*schema, document, true) == 0u);
}

BOOST_AUTO_TEST_CASE(one_that_fails_may_cost_some) {
  auto const schema = schema_of(R"({"required":["id"]})");
  BOOST_TEST(allocations_for(*schema, json{"{}"}, false) > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
