#include "storage/identity_watch.hpp"

#include <boost/test/unit_test.hpp>

#include "storage/identity_stores.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

using kind = identity_change::kind;

struct watch_fixture : fresh_database {
  identity_stores stores = must(open_identity_stores(options));
  uuid anna = must(stores.users->add("anna", role::viewer, "hash", {}));
  std::unique_ptr<identity_watch> watch = must(open_identity_watch(options));

  bool tells(kind what, const uuid& id) {
    for (const auto& c : must(watch->wait(10s))) {
      if (c.what == what && c.id == id) return true;
    }
    return false;
  }
  live_session opened() {
    new_session s;
    s.user = anna;
    s.password_hash = "hash";
    s.refresh_hash = first_refresh_token().hash;
    return must(stores.sessions->open(s, {}, {}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(identity_watch_, watch_fixture)

BOOST_AUTO_TEST_CASE(tells_what_is_revoked_whoever_does_it) {
  const auto s = opened();
  must(stores.sessions->end(anna, s.id, false, {}));
  BOOST_TEST(tells(kind::session, s.id));
  must(stores.users->set_role("anna", role::manager, {}));
  BOOST_TEST(tells(kind::user, anna));
  const auto text = make_api_key();
  const auto k = must(stores.keys->add({"anna", "x", {scope::events_read}, {}}, text, {}));
  must(stores.keys->revoke(text.prefix, {}));
  BOOST_TEST(tells(kind::key, k));
  run("UPDATE users SET disabled_at = now()");  // a person with psql
  BOOST_TEST(tells(kind::user, anna));
  run("DELETE FROM users");
  BOOST_TEST(!must(watch->wait(10s)).empty());
}

BOOST_AUTO_TEST_CASE(is_silent_about_what_changes_nothing) {
  const auto s = opened();  // a login, and then a use
  const auto text = make_api_key();
  const auto k = must(stores.keys->add({"anna", "x", {scope::events_read}, {}}, text, {}));
  must(stores.keys->note_use(k, "192.0.2.1", now()));
  BOOST_TEST(must(watch->wait(0ms)).empty());
  run("NOTIFY taylordash_identity, 'session 0'");
  const auto odd = must(watch->wait(10s));
  BOOST_TEST_REQUIRE(odd.size() == 1u);
  BOOST_TEST((odd.front().what == kind::unknown));
}

BOOST_AUTO_TEST_CASE(what_is_rolled_back_is_not_told) {
  run("BEGIN; UPDATE users SET role = 'admin'; ROLLBACK; NOTIFY taylordash_identity, 'end'");
  const auto all = must(watch->wait(10s));
  BOOST_TEST_REQUIRE(all.size() == 1u);
  BOOST_TEST((all.front().what == kind::unknown));
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_a_failure_and_a_new_one_hears_again) {
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
      "query LIKE 'LISTEN%'");
  BOOST_TEST((watch->wait(10s).error().code == errc::database_away));
  BOOST_TEST((watch->wait(0ms).error().code == errc::database_away));
  must(watch->reconnect());
  run("UPDATE users SET role = 'admin'");
  BOOST_TEST(tells(kind::user, anna));
}

BOOST_AUTO_TEST_CASE(the_way_out_interrupts_the_wait) {
  auto stoppable = options;
  stoppable.stop = std::make_shared<interrupter>();
  auto w = must(open_identity_watch(stoppable));
  stoppable.stop->interrupt();
  BOOST_TEST((w->wait(1h).error().code == errc::stopping));
}

BOOST_AUTO_TEST_SUITE_END()
