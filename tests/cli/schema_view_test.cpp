#include "cli/schema_view.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

const terminal::output plain{};

shadow_counts some_counts() {
  shadow_counts c{.kind = "order", .version = 2, .checked = 12000, .failed = 30};
  c.failures.push_back(
      {"/items/*/n", "minimum", 29, {{uuid{}, timestamp{}, "/items/3/n", "\x1b bad"}}});
  c.failures.push_back({"", "required", 1, {}});
  return c;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_views)

BOOST_AUTO_TEST_CASE(a_report_says_how_many_where_and_shows_samples) {
  const auto text = render_shadow(plain, some_counts(), "live events since yesterday");
  BOOST_TEST(text.find("order version 2 against 12,000 live events since yesterday") == 0u);
  BOOST_TEST(text.find("30 would fail (0.25 %)") != std::string::npos);
  BOOST_TEST(text.find("minimum   /items/*/n") != std::string::npos);
  BOOST_TEST(text.find("(the payload)") != std::string::npos);
  BOOST_TEST(text.find("00000000-0000-0000-0000-000000000000") != std::string::npos);
  BOOST_TEST(text.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_report_without_failures_says_so) {
  auto c = some_counts();
  c.failed = 0;
  c.failures.clear();
  BOOST_TEST(render_shadow(plain, c, "events").find("all of them pass") != std::string::npos);
  c.checked = 0;
  BOOST_TEST(render_shadow(plain, c, "events") == "order version 2 against 0 events\n");
}

BOOST_AUTO_TEST_CASE(json_is_one_line) {
  const auto line = shadow_json(some_counts());
  BOOST_TEST(std::ranges::count(line, '\n') == 1);
  const auto o = boost::json::parse(line).as_object();
  BOOST_TEST(o.at("failed").to_number<int>() == 30);
  BOOST_TEST(o.at("failures").at(0).at("samples").at(0).at("pointer").as_string() == "/items/3/n");
}

BOOST_AUTO_TEST_CASE(the_list_is_a_table) {
  stored_schema s{.kind = "order", .version = 3, .state = schema_state::candidate};
  s.changed_by = "anna@desk";
  const auto text = render_schemas(plain, {s});
  BOOST_TEST(text.find("KIND") == 0u);
  BOOST_TEST(text.find("order        3  candidate  1970-01-01 00:00:00Z  anna@desk  added") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
