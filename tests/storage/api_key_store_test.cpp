#include "storage/api_key_store.hpp"

#include <boost/test/unit_test.hpp>

#include "storage/user_store.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

struct key_fixture : fresh_database {
  std::unique_ptr<user_store> users = must(open_user_store(options));
  std::unique_ptr<api_key_store> store = must(open_api_key_store(options));
  api_key_text text = make_api_key();
  timestamp start = now();

  key_fixture() {
    must(users->add("root", role::admin, "x", {}));
    must(users->add("anna", role::manager, "x", {}));
  }
  uuid added(std::optional<timestamp> expires = {}) {
    return must(store->add({"anna", "press", {scope::events_write, scope::events_read}, expires},
                           text, {}));
  }
  errc refused(const api_key_text& t, timestamp at) {
    const auto r = store->check(t, at);
    return r ? errc::internal : r.error().code;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(api_key_store_, key_fixture)

BOOST_AUTO_TEST_CASE(a_key_is_checked_by_its_text_alone) {
  const auto id = added();
  const auto k = must(store->check(text, start));
  BOOST_TEST((k.id == id));
  BOOST_TEST(k.owner_name == "anna");
  BOOST_TEST((k.scopes == scope_set{scope::events_read, scope::events_write}));
  BOOST_TEST((refused(make_api_key(), start) == errc::token_invalid));
  auto wrong_secret = make_api_key();
  wrong_secret.prefix = text.prefix;
  BOOST_TEST((refused(wrong_secret, start) == errc::token_invalid));
}

BOOST_AUTO_TEST_CASE(the_secret_is_not_in_the_database) {
  added();
  BOOST_TEST(number("SELECT count(*) FROM api_keys k, auth_audit_log a WHERE k::text || a::text "
                    "LIKE '%" +
                    text.text.substr(12, 40) + "%'") == 0);
}

BOOST_AUTO_TEST_CASE(a_key_may_no_more_than_its_owner) {
  const auto r = store->add({"anna", "too much", {scope::admin}, {}}, text, {});
  BOOST_TEST((r.error().code == errc::permission_denied));
  BOOST_TEST(r.error().detail.find("pipeline:operate") != std::string::npos);
  BOOST_TEST(
      (store->add({"nobody", "x", {scope::admin}, {}}, text, {}).error().code == errc::not_found));
  BOOST_TEST(must(store->list("")).empty());
}

BOOST_AUTO_TEST_CASE(a_key_has_a_name_and_a_future) {
  BOOST_TEST((store->add({"anna", "", {scope::events_read}, {}}, text, {}).error().code ==
              errc::configuration_invalid));
  BOOST_TEST((store->add({"anna", "x", {scope::events_read}, start - 1h}, text, {}).error().code ==
              errc::configuration_invalid));
}

BOOST_AUTO_TEST_CASE(a_key_expires) {
  added(start + 1h);
  BOOST_TEST(!!store->check(text, start + 1h - 1us));
  BOOST_TEST((refused(text, start + 1h) == errc::token_expired));
}

BOOST_AUTO_TEST_CASE(a_key_is_revoked_once_by_prefix_or_id) {
  const auto id = added();
  must(store->revoke(text.prefix, {.who = "bo@desk"}));
  BOOST_TEST((refused(text, start) == errc::token_revoked));
  BOOST_TEST((store->revoke(to_string(id), {}).error().code == errc::conflict));
  BOOST_TEST((store->revoke("nothing", {}).error().code == errc::not_found));
  BOOST_TEST(value("SELECT string_agg(action || ' ' || actor, ', ' ORDER BY at, id) FROM "
                   "auth_audit_log WHERE action LIKE 'api_key%'") ==
             "api_key_created service, api_key_revoked bo@desk");
  const auto other = make_api_key();
  const auto by_id = must(store->add({"anna", "x", {scope::events_read}, {}}, other, {}));
  must(store->revoke(to_string(by_id), {}));
  BOOST_TEST((refused(other, start) == errc::token_revoked));
}

BOOST_AUTO_TEST_CASE(keys_of_a_disabled_owner_rest) {
  added();
  must(users->disable("anna", {}));
  BOOST_TEST((refused(text, start) == errc::token_revoked));
  must(users->enable("anna", {}));
  BOOST_TEST((refused(text, start) == errc::internal));  // good again
}

BOOST_AUTO_TEST_CASE(use_is_noted_once_a_minute) {
  const auto id = added();
  const auto last = [this] { return must(store->list("anna")).front().last_used_at; };
  BOOST_TEST(!last().has_value());
  must(store->note_use(id, "192.0.2.1", start));
  must(store->note_use(id, "192.0.2.2", start + 59s));
  BOOST_TEST((last() == start));
  BOOST_TEST(must(store->list("anna")).front().last_used_from == "192.0.2.1");
  must(store->note_use(id, "192.0.2.2", start + 61s));
  BOOST_TEST((last() == start + 61s));
}

BOOST_AUTO_TEST_CASE(lists_are_of_one_owner_or_of_all) {
  added();
  must(store->add({"root", "r", {scope::admin}, {}}, make_api_key(), {}));
  BOOST_TEST(must(store->list("")).size() == 2u);
  BOOST_TEST(must(store->list("root")).size() == 1u);
  BOOST_TEST(must(store->list("nobody")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
