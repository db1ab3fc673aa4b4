#include "http/parameters.hpp"

#include <stdexcept>

#include <boost/test/unit_test.hpp>

using namespace td;
using type = parameter::type;

namespace {

const std::vector<parameter> rows{
    {.name = "limit",
     .what = type::integer,
     .meaning = "How many.",
     .fallback = "50",
     .least = 1,
     .most = 100},
    {.name = "q", .what = type::text, .meaning = "Words.", .least = 1, .most = 20},
    {.name = "after", .what = type::time, .meaning = "Since when."},
    {.name = "owner", .what = type::uuid, .meaning = "Whose."},
    {.name = "state", .what = type::choice, .meaning = "Which.", .choices = {"open", "done"}},
    {.name = "all", .what = type::flag, .meaning = "Also archived ones."},
};

using given = std::vector<std::pair<std::string, std::string>>;

auto read(const given& g, bool any = false) {
  return parameter_values::from_query(rows, g, any);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parameters)

BOOST_AUTO_TEST_CASE(what_was_given_and_what_was_not) {
  const auto v = read({{"q", "x y"},
                       {"after", "2026-11-20T12:00:00+01:00"},
                       {"owner", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"},
                       {"state", "done"},
                       {"all", "true"}});
  BOOST_REQUIRE(v);
  BOOST_TEST(v->integer("limit").value() == 50);
  BOOST_TEST(!v->given("limit"));
  BOOST_TEST(v->text("q").value() == "x y");
  BOOST_TEST(to_rfc3339(v->time("after").value()) == "2026-11-20T11:00:00.000000Z");
  BOOST_TEST(to_string(v->id("owner").value()) == "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
  BOOST_TEST(v->text("state").value() == "done");
  BOOST_TEST(v->flag("all"));
  const auto none = read({});
  BOOST_REQUIRE(none);
  BOOST_TEST(!none->text("q"));
  BOOST_TEST(!none->flag("all"));
  BOOST_TEST(read({{"limit", "7"}})->integer("limit").value() == 7);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_what_is_allowed) {
  struct example {
    given pairs;
    std::string field;
    std::string detail;
  };
  const std::vector<example> table{
      {{{"limit", "0"}}, "limit", R"(limit is "0"; allowed: an integer from 1 to 100)"},
      {{{"limit", "101"}}, "limit", R"(limit is "101"; allowed: an integer from 1 to 100)"},
      {{{"limit", "1e2"}}, "limit", R"(limit is "1e2"; allowed: an integer from 1 to 100)"},
      {{{"limit", ""}}, "limit", R"(limit is ""; allowed: an integer from 1 to 100)"},
      {{{"limit", "99999999999999999999"}},
       "limit",
       R"(limit is "99999999999999999999"; allowed: an integer from 1 to 100)"},
      {{{"q", ""}}, "q", R"(q is ""; allowed: text of 1 to 20 bytes)"},
      {{{"q", std::string(21, 'x')}},
       "q",
       R"(q is "xxxxxxxxxxxxxxxxxxxxx"; allowed: text of 1 to 20 bytes)"},
      {{{"q", std::string{"a\0b", 3}}}, "q", R"(q is "a\u0000b"; allowed: text of 1 to 20 bytes)"},
      {{{"after", "yesterday"}},
       "after",
       R"(after is "yesterday"; allowed: an RFC 3339 date-time such as 2026-11-20T12:00:00Z)"},
      {{{"owner", "7"}},
       "owner",
       R"(owner is "7"; allowed: a UUID such as 4bf92f35-77b3-4da6-a3ce-929d0e0e4736)"},
      {{{"state", "Open"}}, "state", R"(state is "Open"; allowed: one of open, done)"},
      {{{"all", "yes"}}, "all", R"(all is "yes"; allowed: true or false)"},
      {{{"limit", "1"}, {"limit", "2"}}, "limit", "limit is there twice; name it once"},
      {{{"stat", "open"}},
       "stat",
       R"("stat" is unknown; did you mean state?; this route takes limit, q, after, owner, state, all)"},
  };
  for (const auto& [pairs, field, detail] : table) {
    const auto v = read(pairs);
    BOOST_REQUIRE(!v);
    BOOST_TEST(v.error().kind == &problems::parameter_invalid);
    BOOST_TEST(v.error().field == field);
    BOOST_TEST(v.error().detail == detail);
  }
  BOOST_TEST(read({{"stat", "open"}}, true).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_required_must_be_there) {
  const std::vector<parameter> needed{{.name = "x", .meaning = "The x", .required = true}};
  const auto v = parameter_values::from_query(needed, {}, false);
  BOOST_REQUIRE(!v);
  BOOST_TEST(v.error().detail == "x is missing; The x: text of 0 to 2147483647 bytes");
}

BOOST_AUTO_TEST_CASE(paths_are_read_in_their_order) {
  const std::vector<parameter> in_path{{.name = "id", .what = type::uuid}, {.name = "part"}};
  const std::vector<std::string> values{"4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "wheel"};
  const auto v = parameter_values::from_path(in_path, values);
  BOOST_REQUIRE(v);
  BOOST_TEST(v->text("part").value() == "wheel");
  const std::vector<std::string> bad{"7", "wheel"};
  BOOST_TEST(parameter_values::from_path(in_path, bad).error().field == "id");
}

BOOST_AUTO_TEST_CASE(a_handler_that_asks_for_what_the_table_lacks_has_a_bug) {
  const auto v = read({{"limit", "7"}});
  BOOST_CHECK_THROW((void)v->text("missing"), std::logic_error);
  BOOST_CHECK_THROW((void)v->text("limit"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
