#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "storage/partitions.hpp"
#include "storage/retention_store.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;

namespace {

constexpr sys_days march = std::chrono::year{2020} / 3 / 1;

/// A mirror with days of long ago, at which "today" is a matter of the test.
struct retention_fixture : fresh_database {
  std::unique_ptr<partition_store> store = must(open_partition_store(options));
  std::unique_ptr<retention_store> book = must(open_retention_store(options));
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));
  retention_defaults defaults{.events = days{30}, .dead_letters = 24h * 30};
  std::uint32_t next_id{};

  retention_fixture() {
    // Those of the template are today's; in these tests today is in 2020.
    run("DO $$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass FROM pg_inherits WHERE "
        "inhparent = 'events_mirror'::regclass LOOP EXECUTE 'DROP TABLE ' || t; END LOOP; END $$");
  }

  void put(sys_days day, std::string_view kind, std::uint32_t count, mirror_store* by = nullptr) {
    batch_builder b;
    for (std::uint32_t n = 0; n < count; ++n)
      b.event(id_of(++next_id), R"({"text":"some words, so that a row takes space"})",
              timestamp{day} + std::chrono::seconds{n % 86400}, kind);
    must((by != nullptr ? *by : *mirror).write(b.build()));
  }
  void keep(std::int32_t for_days, std::string kind, std::string prefix = "",
            retained what = retained::events) {
    must(book->set({.what = what,
                    .topic_prefix = std::move(prefix),
                    .kind = std::move(kind),
                    .keep_days = for_days,
                    .changed_by = "ada@here"}));
  }
  retention_run take(sys_days today) {
    return must(store->apply_retention(must(store->rules(defaults)), today, timestamp{today} + 12h,
                                       "a test"));
  }
  retention_plan plan(sys_days today) {
    return must(store->plan_retention(must(store->rules(defaults)), today, timestamp{today} + 12h));
  }
  /// Rows per kind and day of March 2020, "1:a=5,b=7 2:a=1".
  std::string rows() {
    return value(
        "SELECT coalesce(string_agg(d || ':' || k, ' ' ORDER BY d), '') FROM (SELECT d, "
        "string_agg(kind || '=' || n, ',' ORDER BY kind) AS k FROM (SELECT extract(day FROM "
        "occurred_at AT TIME ZONE 'UTC')::int AS d, kind, count(*) AS n FROM events_mirror GROUP "
        "BY 1, 2) e GROUP BY d) f");
  }
  std::string tables() {
    return value(
        "SELECT coalesce(string_agg(substr(relname, 19), ' ' ORDER BY relname), '') FROM pg_class "
        "WHERE relkind = 'r' AND relname LIKE 'events\\_mirror\\_2020%'");
  }
  std::uint32_t node(const std::string& table) {
    return static_cast<std::uint32_t>(
        number("SELECT pg_relation_filenode('" + table + "'::regclass)"));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retention_work_, retention_fixture)

BOOST_AUTO_TEST_CASE(policies_are_set_changed_and_removed) {
  keep(7, "", "tracker/events/tasks/");
  keep(400, "task_created");
  keep(9, "", "tracker/events/tasks/");
  auto all = must(book->policies());
  BOOST_REQUIRE_EQUAL(all.size(), 2u);
  const retention_rules rules{defaults, all};
  BOOST_TEST(rules.policies(retained::events)[0].keep_days == 9);
  BOOST_TEST(rules.policies(retained::events)[0].changed_by == "ada@here");
  BOOST_TEST(must(book->remove(retained::events, "", "task_created")));
  BOOST_TEST(!must(book->remove(retained::events, "", "task_created")));
  BOOST_TEST(!must(book->remove(retained::dead_letters, "tracker/events/tasks/", "")));
  BOOST_TEST(must(book->policies()).size() == 1u);
  BOOST_TEST((book->set({.keep_days = 0}).error().code == errc::configuration_invalid));
  BOOST_TEST((book->set({.keep_days = 36501}).error().code == errc::configuration_invalid));
}

BOOST_AUTO_TEST_CASE(the_settings_of_the_service_are_noted) {
  BOOST_TEST(!must(book->defaults()).has_value());
  defaults.events = days{90};
  must(store->rules(defaults));
  BOOST_TEST((must(book->defaults()) == defaults));
  defaults.dead_letters = 7h;
  must(store->rules(defaults));
  BOOST_TEST((must(book->defaults()) == defaults));
}

BOOST_AUTO_TEST_CASE(days_that_no_policy_keeps_are_dropped_whole_with_what_they_held) {
  for (int n = 0; n < 5; ++n)
    put(march + days{n}, "a", 10);
  const auto size = number(
      "SELECT pg_total_relation_size('events_mirror_20200301') + "
      "pg_total_relation_size('events_mirror_20200302')");
  const auto run = take(march + days{32});
  BOOST_TEST(run.days_dropped == 2u);
  BOOST_TEST(run.events == 20u);
  BOOST_TEST(run.bytes == static_cast<std::uint64_t>(size));
  BOOST_TEST(run.error == "");
  BOOST_TEST(tables() == "0303 0304 0305");
  BOOST_TEST(!take(march + days{32}).did_something());
}

BOOST_AUTO_TEST_CASE(a_longer_policy_keeps_its_events_and_lets_the_rest_of_the_day_go) {
  keep(100, "kept");
  put(march, "kept", 30);
  put(march, "other", 300);
  put(march + days{1}, "kept", 5);
  put(march + days{1}, "other", 50);
  const auto before = node("events_mirror_20200301");
  const auto run = take(march + days{31});
  BOOST_TEST(rows() == "1:kept=30 2:kept=5,other=50");
  BOOST_TEST(run.days_dropped == 0u);
  BOOST_TEST(run.events == 300u);
  BOOST_TEST(run.bytes > 0u);
  BOOST_TEST(node("events_mirror_20200301") != before);
  BOOST_TEST(tables() == "0301 0302");
  take(march + days{101});
  BOOST_TEST(rows() == "2:kept=5");
  BOOST_TEST(tables() == "0302");
}

BOOST_AUTO_TEST_CASE(a_shorter_policy_lets_its_events_go_first) {
  keep(3, "", "tracker/events/tasks/");  // the topic of all events of these tests
  keep(10, "kept", "tracker/events/tasks/");
  put(march, "kept", 4);
  put(march, "other", 4);
  take(march + days{3});
  BOOST_TEST(rows() == "1:kept=4,other=4");
  take(march + days{4});
  BOOST_TEST(rows() == "1:kept=4");
  take(march + days{11});
  BOOST_TEST(rows() == "");
  BOOST_TEST(tables() == "0301");  // the default still keeps the day
  take(march + days{31});
  BOOST_TEST(tables() == "");
}

BOOST_AUTO_TEST_CASE(a_few_of_many_are_erased_in_place) {
  keep(3, "few");
  put(march, "few", 100);
  for (int n = 0; n < 5; ++n)
    put(march, "many", 4000);
  const auto before = node("events_mirror_20200301");
  const auto run = take(march + days{4});
  BOOST_TEST(rows() == "1:many=20000");
  BOOST_TEST(run.events == 100u);
  BOOST_TEST(run.bytes == 0u);
  BOOST_TEST(node("events_mirror_20200301") == before);
}

BOOST_AUTO_TEST_CASE(the_plan_is_what_the_run_does) {
  keep(3, "short");
  keep(100, "long");
  keep(5, "", "", retained::dead_letters);
  put(march, "long", 20);
  put(march, "short", 80);
  put(march + days{1}, "short", 40);
  put(march + days{1}, "other", 400);
  put(march - days{200}, "other", 7);
  must(mirror->write(batch_builder{}.reject("x").reject("y").build()));
  run("UPDATE dlq_events SET last_failure = '2020-03-01' WHERE raw = 'x'");
  const auto today = march + days{32};
  const auto p = plan(today);
  std::uint64_t events = 0;
  std::uint64_t whole_bytes = 0;
  for (const auto& step : p.events) {
    events += step.events;
    if (step.way == retention_way::drop) whole_bytes += step.bytes;
    BOOST_TEST(step.estimated == (step.way == retention_way::rewrite));
  }
  // Day 1: default and short; day 2: default and short; the old day as a whole.
  BOOST_TEST(p.events.size() == 4u);
  BOOST_TEST((p.events[0].way == retention_way::drop));
  BOOST_REQUIRE_EQUAL(p.dead_letters.size(), 1u);
  BOOST_TEST(p.dead_letters[0].events == 1u);
  BOOST_TEST(number("SELECT count(*) FROM retention_runs") == 0);
  const auto done = take(today);
  BOOST_TEST(done.events == events);
  BOOST_TEST(done.events == 80u + 40u + 400u + 7u);
  BOOST_TEST(done.days_dropped == 1u);
  BOOST_TEST(done.dead_letters == 1u);
  BOOST_TEST(done.bytes >= whole_bytes);
  const auto after = plan(today);
  BOOST_TEST(after.events.empty());
  BOOST_TEST(after.dead_letters.empty());
}

BOOST_AUTO_TEST_CASE(a_run_is_written_down_when_it_did_something) {
  put(march, "a", 10);
  take(march + days{1});
  BOOST_TEST(must(book->runs(10)).empty());
  take(march + days{31});
  const auto runs = must(book->runs(10));
  BOOST_REQUIRE_EQUAL(runs.size(), 1u);
  BOOST_TEST(runs[0].actor == "a test");
  BOOST_TEST(runs[0].days_dropped == 1u);
  BOOST_TEST(runs[0].events == 10u);
  BOOST_TEST(runs[0].bytes > 0u);
  BOOST_TEST(runs[0].error == "");
  BOOST_TEST_REQUIRE(runs[0].finished_at.has_value());
  BOOST_TEST((*runs[0].finished_at >= runs[0].started_at));
}

BOOST_AUTO_TEST_CASE(a_rewritten_day_is_like_any_other) {
  keep(3, "short");
  put(march, "short", 50);
  put(march, "other", 50);
  must(store->index_closed(march + days{1}));
  take(march + days{4});
  BOOST_TEST(number("SELECT count(*) FROM pg_constraint WHERE conrelid = "
                    "'events_mirror_20200301'::regclass AND contype = 'c'") == 0);
  BOOST_TEST(number("SELECT count(*) FROM pg_index WHERE indrelid = "
                    "'events_mirror_20200301'::regclass AND indisvalid") == 8);
  BOOST_TEST(must(store->index_closed(march + days{1})) == 0u);
  BOOST_TEST(value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relname LIKE '%kept%' AND "
                   "relkind = 'r'") == "");
  // It still guards against duplicates, and takes late events.
  next_id = 50;
  put(march, "other", 1);
  next_id = 1000;
  put(march, "other", 1);
  BOOST_TEST(rows() == "1:other=51");
  BOOST_TEST(number("SELECT sum(duplicate) FROM mirror_batches") == 1);
  // A second policy rewrites it once more.
  keep(3, "other");
  take(march + days{4});
  BOOST_TEST(rows() == "");
  BOOST_TEST(must(store->index_closed(march + days{1})) == 0u);
}

BOOST_AUTO_TEST_CASE(a_swept_day_is_left_alone_until_something_changes) {
  keep(3, "short");
  put(march, "short", 50);
  put(march, "other", 50);
  take(march + days{4});
  BOOST_TEST(number("SELECT count(*) FROM retention_swept_days") == 1);
  // Rows that no journal tells of are not looked for: so it is seen that nobody counts again.
  run("INSERT INTO events_mirror SELECT gen_random_uuid(), trace_id, occurred_at, received_at, "
      "batch_id, batch_index, schema_version, 'short', source, topic, payload FROM events_mirror "
      "LIMIT 1");
  BOOST_TEST(!take(march + days{4}).did_something());
  BOOST_TEST(rows() == "1:other=50,short=1");
  put(march, "short", 2);  // a late event
  BOOST_TEST(take(march + days{4}).events == 3u);
  BOOST_TEST(rows() == "1:other=50");
  keep(3, "other");  // other rules
  BOOST_TEST(take(march + days{4}).events == 50u);
  BOOST_TEST(rows() == "");
}

BOOST_AUTO_TEST_CASE(late_events_that_come_during_a_rewrite_are_carried_over) {
  keep(3, "short");
  for (int n = 0; n < 5; ++n)
    put(march, "short", 2000);
  put(march, "other", 2000);
  std::atomic<bool> done{};
  std::atomic<std::uint32_t> written{};
  std::thread writer{[&] {
    auto own = must(open_mirror_store(options));
    for (std::uint32_t n = 0; !done || n < 3; ++n) {
      batch_builder b;
      b.event(id_of(n, 9), "{}", timestamp{march} + 1h, "late");
      b.event(id_of(n, 8), "{}", timestamp{march} + 1h, "short");
      must(own->write(b.build()));
      ++written;
    }
  }};
  while (written < 3)
    std::this_thread::yield();
  const auto before = node("events_mirror_20200301");
  std::uint64_t taken = 0;
  // A run that meets the writer's lock each time leaves the day for the next one.
  constexpr int most_runs = 100;
  int runs = 0;
  for (; runs < most_runs && node("events_mirror_20200301") == before; ++runs)
    taken += take(march + days{4}).events;
  done = true;
  writer.join();
  BOOST_REQUIRE(runs < most_runs);
  taken += take(march + days{4}).events;
  BOOST_TEST(rows() == "1:late=" + std::to_string(written.load()) + ",other=2000");
  BOOST_TEST(taken == 10000u + written);
}

BOOST_AUTO_TEST_CASE(readers_see_all_of_a_day_before_and_after_and_never_less) {
  keep(3, "short");
  for (int day = 0; day < 4; ++day) {
    put(march + days{day}, "short", 1000);
    put(march + days{day}, "other", 100);
  }
  std::atomic<bool> done{};
  std::atomic<int> looks{};
  std::atomic<bool> wrong{};
  std::thread reader{[&] {
    auto own = must(pg::session::open(options));
    while (!done) {
      const auto r = must(own.exec("SELECT count(*) FROM events_mirror WHERE kind = 'other'"));
      wrong = wrong || r.number(0, 0) != 400;
      ++looks;
    }
  }};
  while (looks < 3)
    std::this_thread::yield();
  const auto run = take(march + days{7});
  done = true;
  reader.join();
  BOOST_TEST(!wrong);
  BOOST_TEST(run.error == "");
  BOOST_TEST(run.events == 4000u);
  BOOST_TEST(rows() == "1:other=100 2:other=100 3:other=100 4:other=100");
}

BOOST_AUTO_TEST_CASE(a_reader_in_the_way_leaves_the_day_as_it_is_for_the_next_run) {
  keep(3, "short");
  put(march, "short", 50);
  put(march, "other", 50);
  put(march + days{1}, "short", 20);
  auto reader = must(pg::session::open(options));
  must(reader.exec("BEGIN; SELECT count(*) FROM events_mirror"));
  const auto begun = std::chrono::steady_clock::now();
  const auto run = take(march + days{5});
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 20s));
  BOOST_TEST(run.error.starts_with("events_mirror_20200301 is left for the next run: "), run.error);
  BOOST_TEST(run.error.find("events_mirror_20200302 is left") != std::string::npos, run.error);
  BOOST_TEST(rows() == "1:other=50,short=50 2:short=20");
  BOOST_TEST(tables() == "0301 0302");
  put(march + days{60}, "now", 1);  // ingest goes on
  must(reader.exec("COMMIT"));
  BOOST_TEST(take(march + days{5}).events == 70u);
  BOOST_TEST(rows() == "1:other=50 30:now=1");
  BOOST_TEST(must(book->runs(10)).size() == 2u);
}

BOOST_AUTO_TEST_CASE(ingest_waits_for_no_longer_than_a_moment_behind_a_swap_that_waits) {
  keep(3, "short");
  put(march, "short", 50);
  put(march, "other", 50);
  const auto today = march + days{4};
  must(store->ensure(today, today));
  auto reader = must(pg::session::open(options));
  must(reader.exec("BEGIN; SELECT count(*) FROM events_mirror"));
  std::thread maintenance{[&] { take(today); }};
  await(eye,
        "SELECT count(*) > 0 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted "
        "AND relation = 'events_mirror'::regclass");
  const auto begun = std::chrono::steady_clock::now();
  put(today, "now", 1);
  const auto took = std::chrono::steady_clock::now() - begun;
  maintenance.join();
  must(reader.exec("COMMIT"));
  BOOST_TEST((took < 2s));
}

BOOST_AUTO_TEST_CASE(a_copy_that_a_crash_has_left_is_removed) {
  keep(3, "short");
  put(march, "other", 5);
  run("CREATE TABLE events_mirror_20200301_kept (LIKE events_mirror INCLUDING ALL)");
  run("CREATE TABLE events_mirror_20190101_kept (LIKE events_mirror INCLUDING ALL)");
  run("CREATE TABLE events_mirror_20190101_kept_too ()");
  take(march);
  BOOST_TEST(
      number("SELECT count(*) FROM pg_class WHERE relname LIKE 'events\\_mirror\\_%\\_kept'") == 0);
  BOOST_TEST(number("SELECT count(*) FROM pg_class WHERE relname LIKE '%kept\\_too'") == 1);
  BOOST_TEST(rows() == "1:other=5");
}

BOOST_AUTO_TEST_CASE(a_run_whose_connection_is_killed_while_it_copies_changes_nothing) {
  keep(3, "short");
  put(march, "short", 3000);
  put(march, "other", 3000);
  // The copy stands still at this row until its server process is gone.
  auto blocker = must(pg::session::open(options));
  must(
      blocker.exec("CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                   "PERFORM pg_advisory_lock(42); RETURN NEW; END $$"));
  must(blocker.exec("SELECT pg_advisory_lock(42)"));
  must(blocker.exec(
      "CREATE FUNCTION on_copy() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE o record; "
      "BEGIN FOR o IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP IF o.object_identity LIKE "
      "'%\\_kept' AND o.object_type = 'table' THEN EXECUTE 'CREATE TRIGGER still BEFORE INSERT ON "
      "' || o.object_identity || ' EXECUTE FUNCTION stand_still()'; END IF; END LOOP; END $$; "
      "CREATE EVENT TRIGGER on_copy ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE "
      "FUNCTION on_copy()"));
  std::thread maintenance{[&] {
    const auto rules = must(store->rules(defaults));
    const auto r = store->apply_retention(rules, march + days{4}, timestamp{march} + 96h, "a test");
    BOOST_TEST(!r);
  }};
  await(eye,
        "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND "
        "objid = 42");
  run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
      "AND objid = 42");
  maintenance.join();
  BOOST_TEST(tables() == "0301");
  BOOST_TEST(rows() == "1:other=3000,short=3000");
  must(blocker.exec("DROP EVENT TRIGGER on_copy"));
  must(store->reconnect());
  BOOST_TEST(take(march + days{4}).events == 3000u);
  BOOST_TEST(rows() == "1:other=3000");
}

BOOST_AUTO_TEST_CASE(only_the_one_who_leads_takes_anything) {
  put(march, "a", 5);
  auto other = must(open_partition_store(options));
  BOOST_TEST(!must(book->leader()).has_value());
  must(other->lead());
  BOOST_TEST(!take(march + days{31}).did_something());
  BOOST_TEST(rows() == "1:a=5");
  BOOST_TEST(must(book->leader()).value().starts_with("taylordash (process "));
  BOOST_TEST(plan(march + days{31}).events.size() == 1u);  // looking is free
}

BOOST_AUTO_TEST_CASE(the_journal_keeps_what_belongs_to_days_that_are_still_there) {
  keep(100, "long");
  put(march, "other", 1);
  put(march + days{1}, "long", 1);
  put(march + days{2}, "other", 1);
  put(march + days{40}, "other", 1);
  take(march + days{41});
  BOOST_TEST(tables() == "0301 0302 0303 0410");
  BOOST_TEST(must(store->prune_journal(march + days{11})) == 0u);
  take(march + days{102});
  BOOST_TEST(tables() == "0303 0410");
  BOOST_TEST(must(store->prune_journal(march + days{72})) == 2u);
  BOOST_TEST(
      value("SELECT string_agg(position::text, ' ' ORDER BY position) FROM mirror_batches") ==
      "3 4");
}

BOOST_AUTO_TEST_CASE(dead_letters_go_by_their_own_policies_and_last_failure) {
  keep(10, "", "tracker/events/tasks/", retained::dead_letters);
  keep(90, "poison", "", retained::dead_letters);
  keep(1, "");  // of events: says nothing about dead letters
  batch_builder b;
  for (int n = 0; n < 2500; ++n)
    b.reject("task " + std::to_string(n));
  b.reject("project", errc::not_json, "", "tracker/events/projects/updated");
  b.reject("poison", errc::not_json, "", "tracker/events/projects/updated");
  must(mirror->write(b.build()));
  run("UPDATE dlq_events SET last_failure = '2020-03-01', kind = CASE WHEN raw = 'poison' THEN "
      "'poison' END");
  run("UPDATE dlq_events SET last_failure = '2020-03-05' WHERE raw = 'task 7'");
  run("INSERT INTO dlq_history (delivery_hash, at, actor, action, detail) SELECT delivery_hash, "
      "now(), 'ada', 'edited', '' FROM dlq_events WHERE raw = 'task 1'");
  const auto raws = [this] {
    return value(
        "SELECT coalesce(string_agg(convert_from(raw, 'UTF8'), ', ' ORDER BY raw), '') "
        "FROM dlq_events");
  };
  BOOST_TEST(take(march + days{9}).dead_letters == 0u);
  BOOST_TEST(take(march + days{11}).dead_letters == 2499u);
  BOOST_TEST(raws() == "poison, project, task 7");
  BOOST_TEST(take(march + days{31}).dead_letters == 2u);
  BOOST_TEST(raws() == "poison");
  BOOST_TEST(take(march + days{91}).dead_letters == 1u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_history") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
