#include <barrier>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

/// A server apart from the other tests': it is going to be hurt. Each test leaves it running.
postgres_server& victim() {
  static postgres_server server;
  return server;
}

struct failure_fixture {
  postgres_server& server = victim();
  fresh_database db{server};
  std::unique_ptr<mirror_store> store = must(open_mirror_store(named("the mirror")));

  database_options named(const std::string& name) {
    auto o = db.options;
    o.application_name = name;
    return o;
  }

  void look_again() { db.eye = must(pg::session::open(db.options)); }

  /// Some rows of a table take a while, so that transactions overlap on any machine.
  void dawdle(const std::string& table, const std::string& when) {
    db.run(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_sleep(0.01); RETURN NEW; END $$; CREATE TRIGGER dawdle BEFORE INSERT ON " +
        table + " FOR EACH ROW WHEN (" + when + ") EXECUTE FUNCTION dawdle()");
  }

  /// Both write `batch_of(round, backwards)` at the same time, round by round. Returns how many
  /// events were stored by the two together.
  template <class Batch>
  std::uint64_t write_from_two_stores(std::uint32_t rounds, Batch batch_of) {
    auto other = must(open_mirror_store(named("the other")));
    std::uint64_t stored[2] = {};
    std::string failed[2];
    std::barrier start{2};
    const auto feed = [&](mirror_store& to, int which) {
      for (std::uint32_t round = 0; round < rounds; ++round) {
        const auto b = batch_of(round, which == 1);
        start.arrive_and_wait();
        const auto r = to.write(b);
        if (r)
          stored[which] += r->stored;
        else
          failed[which] = to_string(r.error());
      }
    };
    std::thread one{[&] { feed(*store, 0); }};
    feed(*other, 1);
    one.join();
    BOOST_TEST(failed[0] == "");
    BOOST_TEST(failed[1] == "");
    return stored[0] + stored[1];
  }

  std::int64_t pid_of_mirror() {
    return db.number("SELECT pid FROM pg_stat_activity WHERE application_name = 'the mirror'");
  }
};

void check_away(const result<verdict>& r) {
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::database_away), to_string(r.error()));
}

/// Writes as a service would: connects again when the database is away.
verdict write_until_stored(mirror_store& store, const checked_batch& b) {
  for (int n = 0; n < 1000; ++n) {
    auto r = store.write(b);
    if (r) return *r;
    if (disposition_of(r.error().code) != disposition::retry)
      throw std::runtime_error(to_string(r.error()));
    while (!store.reconnect())
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  throw std::runtime_error("never stored");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mirror_failure, failure_fixture)

BOOST_AUTO_TEST_CASE(a_stopped_database_is_away_and_everything_recovers_when_it_is_back) {
  const auto b = batch_builder{}.events(0, 100).build();
  must(store->write(b));
  server.stop();
  check_away(store->write(batch_builder{}.events(100, 100).build()));
  check_away(store->write(batch_builder{}.events(100, 100).build()));
  const auto back = store->reconnect();
  BOOST_TEST_REQUIRE(!back);
  BOOST_TEST((back.error().code == errc::database_away));
  server.start();
  must(store->reconnect());
  const auto v = must(store->write(batch_builder{}.events(50, 150).build()));
  BOOST_TEST(v.stored == 100u);
  BOOST_TEST(v.duplicate == 50u);
  look_again();
  BOOST_TEST(db.number("SELECT count(*) FROM events_mirror") == 200);
}

BOOST_AUTO_TEST_CASE(a_killed_database_loses_nothing_that_had_a_verdict) {
  std::uint32_t acknowledged = 0;
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 5; ++n) {
      write_until_stored(*store, batch_builder{}.events(acknowledged, 50).build());
      acknowledged += 50;
    }
    server.kill();
    check_away(store->write(batch_builder{}.events(acknowledged, 50).build()));
    server.start();
  }
  look_again();
  BOOST_TEST(db.number("SELECT count(*) FROM events_mirror") == acknowledged);
  must(store->reconnect());
  must(store->write(batch_builder{}.events(acknowledged, 50).build()));
}

BOOST_AUTO_TEST_CASE(a_backend_killed_while_rows_are_on_their_way_leaves_nothing_half_done) {
  // The table's lock holds the batch in the middle of its transaction.
  auto blocker = must(pg::session::open(db.options));
  must(blocker.exec("BEGIN; LOCK TABLE events_mirror IN SHARE MODE"));
  const auto b = batch_builder{}.events(0, 100).reject("x").build();
  result<verdict> outcome = failure{};
  std::thread writer{[&] { outcome = store->write(b); }};
  await(db.eye,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = "
        "'the mirror' AND wait_event_type = 'Lock')");
  server.kill_backend(static_cast<pid_t>(pid_of_mirror()));
  writer.join();
  check_away(outcome);
  look_again();
  BOOST_TEST(db.number("SELECT count(*) FROM events_mirror") == 0);
  const auto v = write_until_stored(*store, b);
  BOOST_TEST(v.stored == 100u);
  BOOST_TEST(v.dead_lettered == 1u);
  BOOST_TEST(db.number("SELECT attempts FROM dlq_events") == 1);
}

BOOST_AUTO_TEST_CASE(a_commit_whose_answer_is_lost_is_repeated_without_harm) {
  // A standby that does not exist: the commit is durable, its answer never comes. (First a batch
  // that draws a batch id, which is a commit of its own.)
  must(store->write(batch_builder{}.events(1000, 1).build()));
  server.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  server.query("SELECT pg_reload_conf()");
  await(db.eye, "SELECT current_setting('synchronous_standby_names') = 'nobody'");
  const auto b = batch_builder{}.events(0, 100).build();
  result<verdict> outcome = failure{};
  std::thread writer{[&] { outcome = store->write(b); }};
  await(db.eye,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = "
        "'the mirror' AND wait_event = 'SyncRep')");
  db.run("SELECT pg_terminate_backend(" + std::to_string(pid_of_mirror()) + ", 10000)");
  writer.join();
  check_away(outcome);
  BOOST_TEST(db.number("SELECT count(*) FROM events_mirror") == 101);  // committed all the same
  server.query("ALTER SYSTEM RESET synchronous_standby_names");
  server.query("SELECT pg_reload_conf()");

  const auto v = write_until_stored(*store, b);
  BOOST_TEST(v.stored == 0u);
  BOOST_TEST(v.duplicate == 100u);
  BOOST_TEST(v.payload_conflicts == 0u);
  BOOST_TEST(v.position == 3);
  BOOST_TEST(db.number("SELECT count(*) FROM events_mirror") == 101);
}

BOOST_AUTO_TEST_CASE(backends_terminated_again_and_again_under_load_lose_and_double_nothing) {
  constexpr std::uint32_t batches = 60;
  constexpr std::uint32_t size = 200;
  std::atomic<std::uint32_t> written{};
  std::thread writer{[&] {
    for (std::uint32_t n = 0; n < batches; ++n) {
      write_until_stored(*store, batch_builder{}.events(n * size, size).build());
      ++written;
    }
  }};
  std::int64_t terminated = 0;
  while (written < batches) {
    terminated += db.number(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
        "application_name = 'the mirror' AND state = 'active'");
    std::this_thread::sleep_for(std::chrono::milliseconds{3});
  }
  writer.join();
  BOOST_TEST(terminated > 0);
  BOOST_TEST(db.number("SELECT count(*) FROM events_mirror") == batches * size);
  BOOST_TEST(db.value("SELECT max(position) = count(*) FROM mirror_batches") == "t");
}

BOOST_AUTO_TEST_CASE(an_interrupted_store_gives_up_at_once_and_stores_nothing) {
  auto o = named("the interrupted one");
  o.stop = std::make_shared<interrupter>();
  auto interrupted = must(open_mirror_store(o));
  auto blocker = must(pg::session::open(db.options));
  must(blocker.exec("BEGIN; LOCK TABLE events_mirror IN SHARE MODE"));
  std::thread other{[&] {
    await(db.eye,
          "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = "
          "'the interrupted one' AND wait_event_type = 'Lock')");
    o.stop->interrupt();
  }};
  const auto r = interrupted->write(batch_builder{}.events(0, 10).build());
  other.join();
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::stopping));
}

BOOST_AUTO_TEST_CASE(a_statement_that_takes_too_long_is_reported_and_the_connection_kept) {
  auto o = named("the slow one");
  o.statement_timeout = std::chrono::milliseconds{100};
  auto slow = must(open_mirror_store(o));
  auto blocker = must(pg::session::open(db.options));
  must(blocker.exec("BEGIN; LOCK TABLE events_mirror IN SHARE MODE"));
  const auto b = batch_builder{}.events(0, 10).build();
  const auto r = slow->write(b);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::timed_out));
  must(blocker.exec("COMMIT"));
  BOOST_TEST(must(slow->write(b)).stored == 10u);
}

BOOST_AUTO_TEST_CASE(two_stores_fed_the_same_events_in_opposite_order_never_deadlock) {
  constexpr std::uint32_t rounds = 12;
  constexpr std::uint32_t size = 1500;
  dawdle("events_mirror", "NEW.batch_index % 200 = 0");
  const auto batch_of = [](std::uint32_t round, bool backwards) {
    batch_builder b;
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto n = round * size + (backwards ? size - 1 - i : i);
      b.event(id_of(n), "{}", noon() - std::chrono::hours{24 * (n % 2)});
    }
    return b.build();
  };
  const auto stored = write_from_two_stores(rounds, batch_of);
  BOOST_TEST(stored == rounds * size);
  BOOST_TEST(db.number("SELECT count(*) FROM events_mirror") == rounds * size);
  BOOST_TEST(server.log().find("deadlock detected") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_stores_fed_the_same_bad_events_in_opposite_order_never_deadlock) {
  constexpr std::uint32_t rounds = 12;
  constexpr std::uint32_t size = 300;
  dawdle("dlq_events", "get_byte(NEW.raw, 0) = ascii('0')");
  const auto batch_of = [](std::uint32_t round, bool backwards) {
    batch_builder b;
    for (std::uint32_t i = 0; i < size; ++i) {
      const auto n = round * size + (backwards ? size - 1 - i : i);
      b.reject(std::to_string(n % 40) + " bad " + std::to_string(n));
    }
    return b.build();
  };
  write_from_two_stores(rounds, batch_of);
  BOOST_TEST(db.number("SELECT count(*) FROM dlq_events WHERE attempts = 2") == rounds * size);
  BOOST_TEST(server.log().find("deadlock detected") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_deadlock_is_tried_again_within_the_call_but_not_forever) {
  // The server's word for a deadlock, as often as we like; the sequence counts across rollbacks.
  db.run(
      "CREATE SEQUENCE seen; "
      "CREATE FUNCTION deadlock() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF nextval('seen') <= TG_ARGV[0]::int THEN RAISE 'deadlock' USING ERRCODE = '40P01'; "
      "END IF; RETURN NULL; END $$; "
      "CREATE TRIGGER deadlock AFTER INSERT ON events_mirror EXECUTE FUNCTION deadlock(4)");
  const auto v = must(store->write(batch_builder{}.events(0, 3).reject("x").build()));
  BOOST_TEST(v.stored == 3u);
  BOOST_TEST(v.position == 1);
  BOOST_TEST(db.number("SELECT attempts FROM dlq_events") == 1);

  db.run(
      "ALTER SEQUENCE seen RESTART; DROP TRIGGER deadlock ON events_mirror; "
      "CREATE TRIGGER deadlock AFTER INSERT ON events_mirror EXECUTE FUNCTION deadlock(5)");
  const auto b = batch_builder{}.events(3, 3).build();
  const auto r = store->write(b);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::database_conflict));
  BOOST_TEST(must(store->write(b)).stored == 3u);
}

BOOST_AUTO_TEST_CASE(a_row_that_somebody_elses_rule_refuses_is_dead_lettered_alone) {
  must(
      db.eye.exec("CREATE FUNCTION not_seven() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                  "IF new.batch_index = 7 THEN RAISE 'seven is refused'; END IF; RETURN new; "
                  "END $$; CREATE TRIGGER theirs BEFORE INSERT ON events_mirror "
                  "FOR EACH ROW EXECUTE FUNCTION not_seven()"));
  const auto v = must(store->write(batch_builder{}.events(0, 100).build()));
  BOOST_TEST(v.stored == 99u);
  BOOST_TEST(v.dead_lettered == 1u);
  BOOST_TEST(db.value("SELECT code FROM dlq_events") == "refused_by_database");
  BOOST_TEST(db.value("SELECT detail LIKE '%seven is refused%P0001%' FROM dlq_events") == "t");
}

BOOST_AUTO_TEST_CASE(a_rule_that_refuses_every_row_is_a_persons_work_and_no_events_fault) {
  must(
      db.eye.exec("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                  "RAISE 'nothing goes in'; END $$; CREATE TRIGGER theirs BEFORE INSERT ON "
                  "events_mirror FOR EACH ROW EXECUTE FUNCTION nothing()"));
  const auto r = store->write(batch_builder{}.events(0, 10).build());
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((disposition_of(r.error().code) == disposition::stop), to_string(r.error()));
  BOOST_TEST(db.number("SELECT count(*) FROM dlq_events") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
