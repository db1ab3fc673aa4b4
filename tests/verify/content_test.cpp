#include "verify/content.hpp"

#include <boost/test/unit_test.hpp>

namespace td::verify {

namespace {

BOOST_AUTO_TEST_CASE(what_jsonb_rewrites_stays_the_same) {
  // Right: what PostgreSQL 15 makes of the left.
  for (const auto& [published, stored] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"bb":1,"a":2})", R"({"a": 2, "bb": 1})"},
           {R"({"a":1.50,"b":15e2,"c":1.5E-3})", R"({"a": 1.50, "b": 1500, "c": 0.0015})"},
           {R"({"a":-0,"b":-0.0})", R"({"a": 0, "b": 0.0})"},
           {R"({"a":"\u00e9\/\ud83d\ude80"})", R"({"a": "é/🚀"})"},
           {R"({"a":[true,false,null,[],{}]})", R"({"a": [true, false, null, [], {}]})"},
           {R"({"n":9223372036854775807,"m":18446744073709551615})",
            R"({"m": 18446744073709551615, "n": 9223372036854775807})"}}) {
    BOOST_TEST_CONTEXT(published) {
      BOOST_TEST(canonical_json(published).value() == canonical_json(stored).value());
      BOOST_TEST(payload_fingerprint(published) == payload_fingerprint(stored));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_says_something_else_is_told_apart) {
  for (const auto& [one, other] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"a":1})", R"({"a":2})"},
           {R"({"a":1})", R"({"a":"1"})"},
           {R"({"a":1})", R"({"b":1})"},
           {R"({"a":null})", R"({})"},
           {R"({"a":[1,2]})", R"({"a":[2,1]})"},
           {R"({"a":[[1],2]})", R"({"a":[[1,2]]})"},
           {R"({"a":"b,"})", R"({"a":"b","":""})"},
           {R"({"a":0.1})", R"({"a":0.10000000001})"},
           {R"({"a":9223372036854775807})", R"({"a":9223372036854775806})"},
           {R"({"a":false})", R"({"a":true})"},
           {R"({"a":"x"})", R"({"a":"x "})"}}) {
    BOOST_TEST_CONTEXT(one) {
      BOOST_TEST(canonical_json(one).value() != canonical_json(other).value());
      BOOST_TEST(payload_fingerprint(one) != payload_fingerprint(other));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_json_has_no_canonical_form_but_a_fingerprint) {
  BOOST_TEST(!canonical_json("{"));
  BOOST_TEST(!canonical_json(""));
  BOOST_TEST(payload_fingerprint("{") != payload_fingerprint("{{"));
}

BOOST_AUTO_TEST_CASE(each_part_of_the_envelope_counts) {
  const uuid a{{1}};
  const uuid b{{2}};
  const auto all = envelope_fingerprint(a, 1, "kind", "source", "topic");
  BOOST_TEST(all == envelope_fingerprint(a, 1, "kind", "source", "topic"));
  BOOST_TEST(all != envelope_fingerprint(b, 1, "kind", "source", "topic"));
  BOOST_TEST(all != envelope_fingerprint(a, 0, "kind", "source", "topic"));
  BOOST_TEST(all != envelope_fingerprint(a, 1, "king", "source", "topic"));
  BOOST_TEST(all != envelope_fingerprint(a, 1, "kinds", "ource", "topic"));
  BOOST_TEST(all != envelope_fingerprint(a, 1, "kind", "sourcet", "opic"));
}

BOOST_AUTO_TEST_CASE(dead_letters_are_named_as_the_database_names_them) {
  // First half of: printf 'tracker/events/tasks/updated\0{}' | sha256sum
  BOOST_TEST(to_string(delivery_key("tracker/events/tasks/updated", "{}")) ==
             "8d07a71e-9924-7fcc-4094-6a2f48a767c6");
  BOOST_TEST((delivery_key("a", "bc") != delivery_key("ab", "c")));
}

}  // namespace

}  // namespace td::verify
