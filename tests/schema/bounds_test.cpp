#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "schema/evaluator.hpp"
#include "tests/schema/json.hpp"

using td::test::accepts;
using td::test::json;
using td::test::schema_of;

namespace {

std::string nested_arrays(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + "1" +
         std::string(static_cast<std::size_t>(depth), ']');
}

/// Each level tries the one below it twice: 2^levels ways.
std::string doubling(int levels) {
  std::string defs = R"("$defs":{"l0":{"type":"null"})";
  for (int i = 1; i <= levels; ++i) {
    defs += fmt::format(
        R"(,"l{0}":{{"anyOf":[{{"$ref":"#/$defs/l{1}"}},{{"$ref":"#/$defs/l{1}"}}]}})", i, i - 1);
  }
  return fmt::format(R"({{"$ref":"#/$defs/l{}",{}}}}})", levels, defs);
}

void expect_given_up(std::string_view schema, std::string_view text, std::string_view why) {
  auto const compiled = schema_of(schema);
  json const document{text};
  auto const first = compiled->check(*document);
  auto const all = compiled->check_all(*document, 10);
  BOOST_REQUIRE(first);
  BOOST_REQUIRE_EQUAL(all.size(), 1u);
  for (auto const& v : {*first, all.front()}) {
    BOOST_TEST(v.keyword == "$ref");
    BOOST_TEST(v.pointer.empty());
    BOOST_TEST(v.sentence.find("took too many steps") != std::string::npos, v.sentence);
    BOOST_TEST(v.sentence.find(why) != std::string::npos, v.sentence);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bounds)

BOOST_AUTO_TEST_CASE(exponential_schemas_end_in_a_violation) {
  BOOST_TEST(accepts(doubling(8), "null"));
  BOOST_TEST(!accepts(doubling(8), "1"));
  expect_given_up(doubling(40), "1", "tries too many combinations");
  // What is found at once is found, however many ways there would be.
  BOOST_TEST(accepts(doubling(40), "null"));
}

BOOST_AUTO_TEST_CASE(giving_up_is_never_taken_for_a_no_or_a_yes) {
  auto const inner = doubling(40);
  auto const defs = inner.substr(inner.find("\"$defs\""));
  for (auto const* const around :
       {R"("not":{"$ref":"#/$defs/l40"})",
        R"("if":{"$ref":"#/$defs/l40"},"else":true,"then":false)",
        R"("anyOf":[{"$ref":"#/$defs/l40"},true])", R"("oneOf":[{"$ref":"#/$defs/l40"},true])",
        R"("allOf":[{"not":{"not":{"not":{"$ref":"#/$defs/l40"}}}}])"}) {
    BOOST_TEST_CONTEXT(around) {
      expect_given_up(fmt::format("{{{},{}", around, defs), "1", "tries too many combinations");
    }
  }
  expect_given_up(fmt::format(R"({{"contains":{{"$ref":"#/$defs/l40"}},"maxContains":1,{})", defs),
                  "[1,1]", "tries too many combinations");
}

BOOST_AUTO_TEST_CASE(the_steps_grow_with_the_document) {
  std::string items = "[";
  for (int i = 0; i < 100'000; ++i)
    items += R"({"a":1,"b":"x"},)";
  items.back() = ']';
  BOOST_TEST(accepts(R"({"items":{"type":"object","required":["a","b"],"properties":)"
                     R"({"a":{"minimum":0,"maximum":9},"b":{"enum":["x","y"]}}}})",
                     items));
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded) {
  auto const list = schema_of(R"({"type":["integer","array"],"items":{"$ref":"#"}})");
  BOOST_TEST(accepts(*list, nested_arrays(60)));
  expect_given_up(R"({"type":["integer","array"],"items":{"$ref":"#"}})", nested_arrays(900),
                  "too many schemas within each other");
  std::string chain = R"("$defs":{"l0":{"type":"integer"})";
  for (int i = 1; i <= 1000; ++i)
    chain += fmt::format(R"(,"l{}":{{"$ref":"#/$defs/l{}"}})", i, i - 1);
  expect_given_up(fmt::format(R"({{"$ref":"#/$defs/l1000",{}}}}})", chain), "1",
                  "too many schemas within each other");
  BOOST_TEST(accepts(fmt::format(R"({{"$ref":"#/$defs/l100",{}}}}})", chain), "1"));
}

BOOST_AUTO_TEST_CASE(explaining_is_bounded_where_deciding_was_short) {
  // The evaluator is content with the first `false` on each level; all of them are asked for.
  std::string defs = R"("$defs":{"l0":false)";
  for (int i = 1; i <= 3000; ++i)
    defs += fmt::format(R"(,"l{}":{{"allOf":[false,{{"$ref":"#/$defs/l{}"}}]}})", i, i - 1);
  auto const schema = schema_of(fmt::format(R"({{"$ref":"#/$defs/l3000",{}}}}})", defs));
  auto const all = schema->check_all(*json{"1"}, 1'000'000);
  BOOST_TEST(all.size() > 100u);
  BOOST_TEST(all.size() < 512u);
  BOOST_TEST((schema->check(*json{"1"}) == all.front()));
}

BOOST_AUTO_TEST_CASE(many_patterns_for_many_names_end_in_a_violation) {
  std::string patterns = "{\"patternProperties\":{";
  for (int i = 0; i < 200; ++i)
    patterns += fmt::format("\"(a|b)*c{}$\":{{}},", i);
  patterns.back() = '}';
  std::string members = "{";
  for (int i = 0; i < 20'000; ++i)
    members += fmt::format("\"abababab{}\":0,", i);
  members.back() = '}';
  expect_given_up(patterns + "}", members, "tries too many combinations");
}

BOOST_AUTO_TEST_CASE(hostile_arrays_of_equal_things_do_not_stall) {
  // Every item differs from the others in the last member only.
  std::string items = "[";
  for (int i = 0; i < 20'000; ++i)
    items += fmt::format(R"({{"a":[1,2,3],"b":{}}},)", i);
  items.back() = ']';
  BOOST_TEST(accepts(R"({"uniqueItems":true})", items));
}

BOOST_AUTO_TEST_CASE(one_schema_is_shared_by_threads) {
  auto const schema = schema_of(
      R"({"required":["id"],"properties":{"id":{"format":"uuid"},"n":{"multipleOf":0.01},)"
      R"("s":{"pattern":"^[a-z]+$"},"l":{"uniqueItems":true}}})");
  constexpr std::string_view good =
      R"({"id":"00112233-4455-6677-8899-aabbccddeeff","n":19.99,"s":"abc","l":[1,2]})";
  constexpr std::string_view bad =
      R"({"id":"00112233-4455-6677-8899-aabbccddeeff","n":19.99,"s":"ABC","l":[1,2]})";
  json const yes{good};
  json const no{bad};
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (auto& count : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        if (schema->check(*yes)) ++count;
        auto const v = schema->check(*no);
        if (!v || v->pointer != "/s") ++count;
      }
    });
  }
  for (auto& t : threads)
    t.join();
  BOOST_TEST(wrong == std::vector<int>(4), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
