// READERs of the gate against a real PostgreSQL, which goes away and comes back.

#include "actors/reader.hpp"

#include <future>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace std::chrono_literals;
using test::must;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto patience = 20s;

struct world {
  caf::actor_system_config config;
  caf::actor_system system{config};
  test::postgres_server server;
  shared_context shared = std::make_shared<context>(settings{}, "test", "test-node");
  std::shared_ptr<gate_queue> gate;
  std::vector<reader_actor> readers;
  std::shared_ptr<interrupter> stop = std::make_shared<interrupter>();

  void start(std::size_t count, std::size_t queue = 100,
             std::chrono::milliseconds statement_timeout = 2s) {
    gate = std::make_shared<gate_queue>(count, queue, shared->meters);
    database_options database{.url = server.url(), .statement_timeout = statement_timeout};
    database.stop = stop;
    for (std::size_t i = 0; i < count; ++i)
      readers.push_back(make_reader(system, shared, gate, i, database));
  }

  ~world() {
    if (gate) gate->close();
    stop->interrupt();
    caf::scoped_actor self{system};
    for (auto& r : readers) {
      self->send_exit(r, caf::exit_reason::user_shutdown);
      self->wait_for(caf::actor_cast<caf::actor>(r));
    }
  }

  std::future<result<std::string>> submit(std::string sql,
                                          std::chrono::milliseconds timeout = patience) {
    auto told = std::make_shared<std::promise<result<std::string>>>();
    auto value = std::make_shared<std::string>();
    gate->submit(
        [value, sql](pg::session& s) -> result<void> {
          const auto rows = s.exec(sql);
          if (!rows) return rows.error();
          if (rows->size() > 0) *value = rows->text(0, 0);
          return ok();
        },
        [told, value](const result<void>& r) {
          r ? told->set_value(*value) : told->set_value(r.error());
        },
        timeout);
    return told->get_future();
  }

  static result<std::string> get(std::future<result<std::string>> f) {
    if (f.wait_for(patience) != std::future_status::ready) throw std::runtime_error("no reply");
    return f.get();
  }

  result<std::string> run(const std::string& sql) { return get(submit(sql)); }

  /// Until a query is answered again; how long that took.
  steady::duration recovered() {
    const auto start = steady::now();
    while (!run("SELECT 1")) {
      if (steady::now() - start > patience) throw std::runtime_error("it did not recover");
      std::this_thread::sleep_for(1ms);
    }
    return steady::now() - start;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(readers, world)

BOOST_AUTO_TEST_CASE(work_runs_on_as_many_connections_as_there_are) {
  start(3);
  std::vector<std::future<result<std::string>>> all;
  // Each waits for the others: they can only end together.
  must(run("CREATE TABLE met (n int)"));
  for (int i = 0; i < 3; ++i) {
    all.push_back(
        submit("DO $$ BEGIN PERFORM pg_advisory_lock_shared(7); "
               "FOR i IN 1..1000 LOOP EXIT WHEN (SELECT count(*) FROM pg_locks WHERE "
               "locktype = 'advisory') = 3; PERFORM pg_sleep(0.01); END LOOP; END $$; "
               "SELECT pg_backend_pid()"));
  }
  std::set<std::string> backends;
  for (auto& f : all)
    backends.insert(must(get(std::move(f))));
  BOOST_TEST(backends.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_was_left_open_does_not_reach_the_next) {
  start(1);
  must(run("CREATE TABLE t (n int)"));
  must(run("BEGIN; INSERT INTO t VALUES (1)"));
  BOOST_TEST(must(run("SELECT count(*) FROM t")) == "0");
  BOOST_TEST(!run("BEGIN; SELECT 1/0"));
  BOOST_TEST(must(run("SELECT 2")) == "2");
}

BOOST_AUTO_TEST_CASE(work_that_throws_is_answered_for_and_the_reader_goes_on) {
  start(1);
  std::promise<result<void>> told;
  gate->submit([](pg::session&) -> result<void> { throw std::runtime_error("deliberately"); },
               [&](result<void> r) { told.set_value(std::move(r)); }, patience);
  const auto r = told.get_future().get();
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::internal));
  BOOST_TEST(must(run("SELECT 2")) == "2");
}

BOOST_AUTO_TEST_CASE(a_statement_ends_in_its_time) {
  start(1, 100, 200ms);
  const auto slow = run("SELECT pg_sleep(60)");
  BOOST_REQUIRE(!slow);
  BOOST_TEST((slow.error().code == errc::timed_out));
  BOOST_TEST(must(run("SELECT 2")) == "2");
}

BOOST_AUTO_TEST_CASE(a_flood_is_refused_and_what_was_taken_is_done) {
  start(1, 5);
  must(run("SELECT 1"));
  auto blocker = submit("SELECT pg_sleep(0.3)");
  while (gate->waiting() > 0)  // until the one connection has it
    std::this_thread::yield();
  std::vector<std::future<result<std::string>>> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(submit("SELECT 1"));
  int done = 0, busy = 0;
  for (auto& f : all) {
    const auto r = get(std::move(f));
    if (r) ++done;
    if (!r && r.error().code == errc::overloaded) ++busy;
  }
  BOOST_TEST(get(std::move(blocker)).has_value());
  BOOST_TEST(done + busy == 50);
  BOOST_TEST(busy >= 40);
  BOOST_TEST(done >= 5);
}

BOOST_AUTO_TEST_CASE(while_postgresql_is_away_it_says_so_at_once_and_recovers_by_itself) {
  start(4);
  must(run("SELECT 1"));
  for (const bool crash : {false, true}) {
    crash ? server.kill() : server.stop();
    const auto first = run("SELECT 1");
    BOOST_REQUIRE(!first);
    BOOST_TEST((first.error().code == errc::database_away), to_string(first.error()));
    const auto start = steady::now();
    while (gate->up()) {  // each reader has to see it for itself
      BOOST_REQUIRE((steady::now() - start < patience));
      std::this_thread::sleep_for(1ms);
    }
    const auto asked = steady::now();
    for (int i = 0; i < 100; ++i) {
      const auto r = run("SELECT 1");
      BOOST_REQUIRE(!r);
      BOOST_TEST((r.error().code == errc::database_away));
    }
    BOOST_TEST((steady::now() - asked < 2s));  // none of them has waited for anything
    server.start();
    BOOST_TEST((recovered() < 10s));
    for (int i = 0; i < 20; ++i)
      BOOST_TEST(run("SELECT 1").has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_was_restarted_while_nobody_asked_is_used_again) {
  start(2);
  must(run("SELECT 1"));
  server.stop();
  server.start();
  BOOST_TEST((recovered() < 10s));
  for (int i = 0; i < 10; ++i) {
    const auto r = run("SELECT 1");
    BOOST_TEST(r.has_value(), (r ? "" : to_string(r.error())));
  }
}

BOOST_AUTO_TEST_CASE(one_backend_that_is_killed_fails_its_own_work_at_most) {
  start(2);
  must(run("SELECT 1"));
  auto sleeps = submit("SELECT pg_sleep(30) FROM (SELECT 1) AS victim");
  auto eye = must(pg::session::open({.url = server.url()}));
  test::await(eye,
              "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%AS victim' AND state = "
              "'active' AND pid <> pg_backend_pid()");
  server.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%AS victim' "
      "AND pid <> pg_backend_pid()");
  const auto r = get(std::move(sleeps));
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::database_away));
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(run("SELECT 1").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
