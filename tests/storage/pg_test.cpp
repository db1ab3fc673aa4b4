#include "storage/pg.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

pg::session open_shared() {
  return must(pg::session::open({.url = postgres_server::shared().url()}));
}

/// Holds a process still until the end of the scope.
class held_still {
 public:
  explicit held_still(pid_t pid) : pid_{pid} { ::kill(pid_, SIGSTOP); }
  ~held_still() { ::kill(pid_, SIGCONT); }

 private:
  pid_t pid_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(pg_session)

BOOST_AUTO_TEST_CASE(prepares_a_session_and_leaves_durability_to_the_user) {
  auto s = open_shared();
  const auto setting = [&s](const char* name) {
    return std::string{must(s.exec(std::string{"SHOW "} + name)).text(0, 0)};
  };
  BOOST_TEST(setting("timezone") == "UTC");
  BOOST_TEST(setting("statement_timeout") == "30s");
  BOOST_TEST(setting("idle_in_transaction_session_timeout") == "30s");
  BOOST_TEST(setting("transaction_isolation") == "read committed");
  BOOST_TEST(setting("client_connection_check_interval") == "5s");
  BOOST_TEST(setting("application_name") == "taylordash");

  const auto relaxed = postgres_server::shared().url() + "&options=-csynchronous_commit%3Doff";
  auto other = must(pg::session::open({.url = relaxed}));
  BOOST_TEST(must(other.exec("SHOW synchronous_commit")).text(0, 0) == "off");
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_given_up_by_both_sides_of_a_tcp_connection) {
  // What frees the leases of a node that lost its power; the defaults take two hours.
  postgres_server server{{.tcp = true}};
  auto s = must(pg::session::open({.url = server.tcp_url()}));
  const auto r =
      must(s.exec("SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE "
                  "name LIKE 'tcp\\_%'"));
  BOOST_TEST(r.text(0, 0) == "3 5 2 11000");
}

BOOST_AUTO_TEST_CASE(never_shows_a_password) {
  const char* const urls[] = {
      "postgresql//user:hunter2@host/db",                          // no URI: libpq quotes it whole
      "postgresql://user:hunter2@127.0.0.1:1/db",                  // nobody listens
      "postgresql://user:hunter2@127.0.0.1:99999/db",              // bad port
      "host=/nonexistent password=hunter2 dbname=x",               //
      "host=/nonexistent password=hunter2 no_such_option=1",       //
      "host=/nonexistent password=hunter2 sslmode=hunter2hunter2"  //
  };
  for (const auto* url : urls) {
    const auto r = pg::session::open({.url = url, .connect_timeout = 2s});
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST_CONTEXT(url) {
      BOOST_TEST(to_string(r.error()).find("hunter2") == std::string::npos, to_string(r.error()));
    }
  }
}

BOOST_AUTO_TEST_CASE(scrubs_the_password_from_what_the_server_says) {
  auto s = must(pg::session::open({.url = postgres_server::shared().url() + "&password=hunter2"}));
  const auto r = s.exec("SELECT 'hunter2'::int");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST(r.error().detail.find("hunter2") == std::string::npos);
  BOOST_TEST(r.error().detail.find("***") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_the_address) {
  const auto bad = pg::session::open({.url = "not a url"});
  BOOST_TEST_REQUIRE(!bad);
  BOOST_TEST((bad.error().code == errc::configuration_invalid));
  const auto away = pg::session::open({.url = "host=/nonexistent"});
  BOOST_TEST_REQUIRE(!away);
  BOOST_TEST((away.error().code == errc::database_away));
  BOOST_TEST(away.error().detail.find("/nonexistent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_a_database_that_is_not_utf8) {
  auto& server = postgres_server::shared();
  server.query(
      "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  const auto r = pg::session::open({.url = server.url("latin")});
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::configuration_invalid));
  BOOST_TEST(r.error().detail.find("LATIN1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stops_at_the_first_failing_statement_and_goes_on_afterwards) {
  auto s = open_shared();
  const auto r = s.exec("SELECT 1; SELECT 1/0; CREATE TABLE never_made ()");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::refused_by_database));
  BOOST_TEST(r.error().detail == "division by zero (SQLSTATE 22012)");
  BOOST_TEST(s.is_open());
  BOOST_TEST(must(s.exec("SELECT to_regclass('never_made') IS NULL")).truth(0, 0));
}

BOOST_AUTO_TEST_CASE(passes_parameters_and_nulls) {
  auto s = open_shared();
  const auto r = must(s.exec("SELECT $1::text, $2::text IS NULL", {"it's", std::nullopt}));
  BOOST_TEST(r.text(0, 0) == "it's");
  BOOST_TEST(r.truth(0, 1));
}

BOOST_AUTO_TEST_CASE(the_server_ends_a_statement_that_takes_too_long) {
  auto s = open_shared();
  must(s.set_statement_timeout(50ms));
  const auto r = s.exec("SELECT pg_sleep(60)");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::timed_out));
  BOOST_TEST(s.is_open());
}

BOOST_AUTO_TEST_CASE(gives_up_a_server_that_says_nothing_at_all) {
  // A stopped process acknowledges TCP and answers nothing: only our own clock helps.
  auto s = open_shared();
  must(s.set_statement_timeout(100ms));
  const auto pid = static_cast<pid_t>(must(s.exec("SELECT pg_backend_pid()")).number(0, 0));
  const held_still silence{pid};
  const auto start = std::chrono::steady_clock::now();
  const auto r = s.exec("SELECT 1");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::database_away));
  BOOST_TEST(!s.is_open());
  BOOST_TEST((std::chrono::steady_clock::now() - start >= 5s));
  BOOST_TEST((s.exec("SELECT 1").error().code == errc::database_away));
}

BOOST_AUTO_TEST_CASE(an_interrupter_ends_a_wait_from_another_thread) {
  const auto stop = std::make_shared<interrupter>();
  const database_options options{.url = postgres_server::shared().url(), .stop = stop};
  auto s = must(pg::session::open(options));
  auto watch = open_shared();
  const auto pid = must(s.exec("SELECT pg_backend_pid()")).number(0, 0);
  std::thread other{[&] {
    await(watch,
          "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND "
          "pid = " +
              std::to_string(pid) + ")");
    stop->interrupt();
  }};
  const auto r = s.exec("SELECT pg_sleep(60)");
  other.join();
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::stopping));
  BOOST_TEST(!s.is_open());
  const auto again = pg::session::open(options);
  BOOST_TEST_REQUIRE(!again);
  BOOST_TEST((again.error().code == errc::stopping));
}

BOOST_AUTO_TEST_CASE(a_terminated_backend_is_a_database_that_is_away) {
  auto s = open_shared();
  auto killer = open_shared();
  const auto pid = must(s.exec("SELECT pg_backend_pid()")).number(0, 0);
  must(killer.exec("SELECT pg_terminate_backend(" + std::to_string(pid) + ", 10000)"));
  const auto r = s.exec("SELECT 1");
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::database_away));
  BOOST_TEST(!s.is_open());
}

BOOST_AUTO_TEST_SUITE_END()
