#include "identity/role.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

using namespace td;

BOOST_AUTO_TEST_SUITE(roles)

BOOST_AUTO_TEST_CASE(every_name_comes_back) {
  for (const auto r : {role::viewer, role::manager, role::admin})
    BOOST_TEST((role_named(name_of(r)) == r));
  BOOST_TEST(name_of(role::manager) == "operator");
  BOOST_TEST(!role_named("root"));
  BOOST_TEST(!role_named(""));
  std::set<std::string_view> names;
  for (const auto s : all_scopes()) {
    BOOST_TEST((scope_named(name_of(s)) == s));
    BOOST_TEST(names.insert(name_of(s)).second);
  }
  BOOST_TEST(!scope_named("events"));
}

BOOST_AUTO_TEST_CASE(each_role_may_do_what_the_ones_before_it_may) {
  const auto viewer = scopes_of(role::viewer);
  const auto manager = scopes_of(role::manager);
  const auto admin = scopes_of(role::admin);
  BOOST_TEST(((viewer & manager) == viewer));
  BOOST_TEST(((manager & admin) == manager));
  BOOST_TEST(viewer.has(scope::events_read));
  BOOST_TEST(!viewer.has(scope::events_write));
  BOOST_TEST(manager.has(scope::pipeline_operate));
  BOOST_TEST(!manager.has(scope::admin));
  for (const auto s : all_scopes())
    BOOST_TEST(admin.has(s), name_of(s));
}

BOOST_AUTO_TEST_CASE(viewers_change_nothing) {
  for (const auto& name : names_of(scopes_of(role::viewer)))
    BOOST_TEST(name.ends_with(":read"), name);
}

BOOST_AUTO_TEST_CASE(sets_go_through_names_and_back) {
  for (const auto r : {role::viewer, role::manager, role::admin}) {
    const auto names = names_of(scopes_of(r));
    BOOST_TEST((*scopes_named(names) == scopes_of(r)));
  }
}

BOOST_AUTO_TEST_CASE(a_scope_that_is_not_there_is_refused_with_those_that_are) {
  const std::vector<std::string> wrong{"events:read", "events:delete"};
  const auto r = scopes_named(wrong);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::configuration_invalid));
  BOOST_TEST(r.error().detail.find("\"events:delete\"") != std::string::npos);
  BOOST_TEST(r.error().detail.find("dead_letters:write") != std::string::npos);
  BOOST_TEST(!scopes_named({}));
}

BOOST_AUTO_TEST_SUITE_END()
