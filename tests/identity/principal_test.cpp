#include "identity/principal.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

principal user(role r) {
  return {.what = principal::kind::user, .name = "anna", .role = r, .scopes = scopes_of(r)};
}

principal key(role owner, scope_set scopes) {
  return {.what = principal::kind::api_key,
          .name = "3xK9sT0a",
          .role = owner,
          .scopes = scopes & scopes_of(owner)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(principals)

BOOST_AUTO_TEST_CASE(users_may_what_their_role_allows) {
  BOOST_TEST(!!authorize(user(role::viewer), scope::events_read));
  const auto refused = authorize(user(role::viewer), scope::events_write);
  BOOST_TEST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == errc::permission_denied));
  BOOST_TEST(refused.error().detail == "the role viewer does not have the scope events:write");
  BOOST_TEST(!!authorize(user(role::admin), role::admin));
  BOOST_TEST(!authorize(user(role::manager), role::admin));
}

BOOST_AUTO_TEST_CASE(keys_may_what_both_scopes_and_owner_allow) {
  const auto narrow = key(role::admin, {scope::events_write});
  BOOST_TEST(!!authorize(narrow, scope::events_write));
  BOOST_TEST(!authorize(narrow, scope::events_read));
  BOOST_TEST(!authorize(narrow, role::admin));
  const auto of_viewer = key(role::viewer, {scope::events_write, scope::events_read});
  BOOST_TEST(!authorize(of_viewer, scope::events_write));
  BOOST_TEST(!!authorize(of_viewer, scope::events_read));
  BOOST_TEST(!!authorize(key(role::admin, {scope::admin}), role::admin));
}

BOOST_AUTO_TEST_CASE(are_called_by_kind_and_name) {
  BOOST_TEST(described(user(role::viewer)) == "user anna");
  BOOST_TEST(described(key(role::viewer, {})) == "api_key 3xK9sT0a");
}

BOOST_AUTO_TEST_SUITE_END()
