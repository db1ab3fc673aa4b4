#include "standalone/supervisor.hpp"

#include <csignal>

#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(supervisor_test)

BOOST_AUTO_TEST_CASE(brings_a_killed_postgresql_back_with_everything_that_was_committed) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  BOOST_TEST(psql(running.url(), "create table t as select generate_series(1, 1000) x") == "");
  // A busy backend survives its postmaster for a while and holds the shared memory.
  child_process busy({"/usr/lib/postgresql/15/bin/psql", running.url(), "-Xc",
                      "select count(*) from generate_series(1, 2000000) a"});
  const auto killed = running->postgres().pid();
  BOOST_REQUIRE(::kill(killed, SIGKILL) == 0);
  BOOST_TEST(
      eventually([&] { return psql(running.url(), "select count(*) from t") == "1000"; }, 60s));
  BOOST_TEST(running->postgres().pid() != killed);
  BOOST_TEST(lives(running->postgres().pid()));
}

BOOST_AUTO_TEST_CASE(brings_a_killed_broker_back_as_often_as_it_takes) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  for (int i = 0; i < 3; ++i) {
    const auto killed = running->broker().pid();
    BOOST_REQUIRE(::kill(killed, SIGKILL) == 0);
    BOOST_TEST(eventually([&] {
      return running->broker().pid() != killed &&
             make_publisher({.broker = running->broker().as_producer(), .client_id = "p"})
                 ->connect()
                 .has_value();
    }));
  }
}

BOOST_AUTO_TEST_CASE(goes_on_trying_while_a_server_cannot_start) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto local = running->layout().etc() / "postgresql.local.conf";
  must(write_durably(local, "no_such_setting = 1\n", {0644}));
  BOOST_REQUIRE(::kill(running->postgres().pid(), SIGKILL) == 0);
  const auto log = running->layout().log() / "postgresql.log";
  const auto attempts = [&] {
    const auto text = read_text(log).value_or("");
    std::size_t n = 0;
    for (auto at = text.find("no_such_setting"); at != text.npos;
         at = text.find("no_such_setting", at + 1)) {
      ++n;
    }
    return n;
  };
  BOOST_TEST(eventually([&] { return attempts() >= 2; }, 30s));
  std::filesystem::remove(local);
  BOOST_TEST(eventually([&] { return psql(running.url(), "select 1") == "1"; }, 60s));
}

BOOST_AUTO_TEST_CASE(abandons_a_restart_when_the_instance_stops) {
  const instance_folder folder;
  auto instance = must(standalone_instance::open(prepared(folder)));
  must(instance->start(-1));
  const auto broker = instance->broker().pid();
  must(write_durably(instance->layout().etc() / "postgresql.local.conf", "no_such_setting = 1\n",
                     {0644}));
  BOOST_REQUIRE(::kill(instance->postgres().pid(), SIGKILL) == 0);
  BOOST_TEST(eventually([&] {
    return contains(read_text(instance->layout().log() / "postgresql.log").value_or(""),
                    "no_such_setting");
  }));
  const auto begin = std::chrono::steady_clock::now();
  must(instance->stop());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 30s));
  BOOST_TEST(!lives(broker));
}

BOOST_AUTO_TEST_SUITE_END()
