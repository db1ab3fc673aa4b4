// Real databases, right and wrong.

#include "storage/database_survey.hpp"

#include "doctor/database_judge.hpp"

#include <boost/test/unit_test.hpp>

#include "storage/migrations.hpp"
#include "tests/doctor/found.hpp"
#include "tests/storage/fixtures.hpp"
#include "tests/support/process.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

database_survey survey(const database_options& options, const survey_terms& terms = {}) {
  return must(survey_database(options, terms));
}

std::vector<finding> judged(const database_options& options, const survey_terms& terms = {}) {
  return judge_database(survey(options, terms), {.connections = 8});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(database_survey_test)

BOOST_AUTO_TEST_CASE(a_migrated_database_is_up_to_date_with_days_ahead) {
  const fresh_database db;
  const auto s = survey(db.options);
  BOOST_TEST(s.unread.empty());
  BOOST_TEST(s.migrations_applied.value_or(0) == migrations().size());
  BOOST_TEST(s.days_ahead.value_or(-1) == 1);  // as the fixture makes them
  BOOST_TEST(s.missing_rights.empty());
  BOOST_TEST(s.not_owned.empty());
  BOOST_TEST(s.unlogged.empty());
  BOOST_TEST(s.superuser);
  BOOST_TEST(!s.pooled);
  BOOST_TEST(s.on_this_machine);
  BOOST_TEST(s.database_bytes > 1'000'000u);
  BOOST_TEST(!s.data_directory.empty());
  BOOST_TEST(std::chrono::abs(s.clock_ahead) < 1s);
  BOOST_TEST(s.max_connections >= 20);
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_wait_for_the_disk_is_a_danger_with_its_line) {
  postgres_server server{{.settings = {"synchronous_commit=off", "full_page_writes=off",
                                       "autovacuum=off"}}};  // and fsync, as in every such server
  const fresh_database db{server};
  const auto all = judged(db.options);
  for (const auto* code :
       {"database_fsync", "database_synchronous_commit", "database_full_page_writes"}) {
    const auto f = found(all, code);
    BOOST_TEST((f.level == severity::danger), code);
    BOOST_TEST(!f.mend.empty(), code);
  }
  BOOST_TEST(level(all, "database_autovacuum") == "warning");
}

BOOST_AUTO_TEST_CASE(a_setting_of_the_role_is_mended_at_the_role) {
  fresh_database db;
  db.run("ALTER DATABASE " + db.name + " SET synchronous_commit = off");
  const auto f = found(judged(db.options), "database_synchronous_commit");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(f.mend == "ALTER DATABASE " + db.name + " RESET synchronous_commit;");
  db.run(f.mend);
  BOOST_TEST(level(judged(db.options), "database_synchronous_commit") == "ok");
}

BOOST_AUTO_TEST_CASE(a_role_without_rights_gets_its_grants_and_they_help) {
  fresh_database db;
  db.server.query("CREATE ROLE poor_" + db.name + " LOGIN");
  auto options = db.options;
  options.url.replace(options.url.find("user=postgres"), 13, "user=poor_" + db.name);
  const auto f = found(judged(options), "database_rights");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(holds(f.what, "TABLE events_mirror"));
  db.run(f.mend);  // every line of it is SQL that the owner can run
  const auto after = found(judged(options), "database_rights");
  BOOST_TEST(holds(after.what, "does not own"));  // granting is not owning
  BOOST_TEST(holds(after.mend, "ALTER TABLE events_mirror OWNER TO poor_" + db.name));
  db.run("DROP OWNED BY poor_" + db.name);
  db.server.query("DROP ROLE poor_" + db.name);
}

BOOST_AUTO_TEST_CASE(a_schema_that_is_behind_or_ahead_is_told_apart) {
  fresh_database db;
  db.run(
      "DELETE FROM schema_migrations WHERE number = (SELECT max(number) FROM schema_migrations)");
  BOOST_TEST(level(judged(db.options), "database_schema") == "warning");
  db.run("INSERT INTO schema_migrations SELECT n, 'later', 'x', now() FROM generate_series(" +
         std::to_string(migrations().size()) + ", " + std::to_string(migrations().size() + 1) +
         ") n");
  BOOST_TEST(level(judged(db.options), "database_schema") == "danger");
  auto empty = db.options;
  const auto bare = db.server.create_database();
  empty.url = db.server.url(bare);
  const auto all = judged(empty);
  BOOST_TEST(holds(found(all, "database_schema").what, "no schema yet"));
  BOOST_TEST(level(all, "database_partitions") == "note");
  db.server.drop_database(bare);
}

BOOST_AUTO_TEST_CASE(an_idle_transaction_is_found_and_the_line_ends_it) {
  fresh_database db;
  auto of_others = db.options;
  of_others.application_name = "reports";
  auto other = must(pg::session::open(of_others));
  auto ours = must(pg::session::open(db.options));  // bounds itself
  must(other.exec("BEGIN"));
  must(ours.exec("BEGIN"));
  must(other.exec("SELECT 'a secret'"));
  const auto pid = other.backend();
  const survey_terms at_once{.idle = 0s};
  BOOST_TEST(level(judged(db.options), "database_idle_in_transaction") == "ok");  // not for long
  const auto f = found(judged(db.options, at_once), "database_idle_in_transaction");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(holds(f.what, "(reports)"));
  BOOST_TEST(!holds(f.what, "secret"));
  BOOST_TEST(f.mend == "SELECT pg_terminate_backend(" + std::to_string(pid) + ");");
  const survey_terms running_at_once{.running = 0s};  // whatever state it is in
  BOOST_TEST(survey(db.options, running_at_once).long_running.size() == 1u);
  db.run(f.mend);
  await(db.eye,
        "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = " + std::to_string(pid) + ")");
  BOOST_TEST(level(judged(db.options, at_once), "database_idle_in_transaction") == "ok");
}

BOOST_AUTO_TEST_CASE(an_unlogged_day_and_a_missing_day_are_found) {
  fresh_database db;
  const auto today =
      db.value("SELECT 'events_mirror_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')");
  const auto tomorrow = db.value(
      "SELECT 'events_mirror_' || to_char(now() AT TIME ZONE 'UTC' + interval '1 day', "
      "'YYYYMMDD')");
  db.run("ALTER TABLE " + today + " SET UNLOGGED");
  db.run("DROP TABLE " + tomorrow);
  const auto all = judged(db.options);
  const auto f = found(all, "database_unlogged");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(f.mend == "ALTER TABLE " + today + " SET LOGGED;");
  BOOST_TEST(holds(found(all, "database_partitions").what, "tomorrow"));
  db.run(f.mend);
  BOOST_TEST(level(judged(db.options), "database_unlogged") == "ok");
}

BOOST_AUTO_TEST_CASE(growth_is_read_from_the_journal_and_the_statistics) {
  fresh_database db;
  BOOST_TEST(!survey(db.options).events_per_day.has_value());
  db.run(
      "INSERT INTO mirror_batches SELECT n, n, 0, 1, n, 1000, 0, 0, NULL, NULL, now() - "
      "make_interval(hours => 49 - n::int) FROM generate_series(1, 48) n");
  const auto s = survey(db.options);
  BOOST_REQUIRE(s.events_per_day.has_value());
  BOOST_TEST(*s.events_per_day == 24'000, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(growth_is_read_from_a_whole_day_however_many_batches_it_has) {
  fresh_database db;
  // Three days, a batch each two seconds; 10 events in each of the last day's, 1 before.
  db.run(
      "INSERT INTO mirror_batches SELECT n, n, 0, 1, n, CASE WHEN n > 86400 THEN 10 ELSE 1 END, 0, "
      "0, NULL, NULL, now() - make_interval(secs => 2 * (129600 - n)) FROM generate_series(1, "
      "129600) n");
  const auto s = survey(db.options);
  BOOST_REQUIRE(s.events_per_day.has_value());
  BOOST_TEST(*s.events_per_day == 432'000, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(a_look_without_time_left_is_a_failure_and_no_half_truth) {
  const fresh_database db;
  const auto late = survey_database(db.options, {.deadline = std::chrono::steady_clock::now()});
  BOOST_REQUIRE(!late.has_value());
  BOOST_TEST((late.error().code == errc::database_away));
  BOOST_TEST(holds(late.error().detail, "no time was left"));
}

BOOST_AUTO_TEST_CASE(a_read_only_database_is_a_danger) {
  fresh_database db;
  db.server.query("ALTER DATABASE " + db.name + " SET default_transaction_read_only = on");
  BOOST_TEST(level(judged(db.options), "database_read_only") == "danger");
  db.server.query("ALTER DATABASE " + db.name + " RESET default_transaction_read_only");
  BOOST_TEST(level(judged(db.options), "database_read_only") == "ok");
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_or_refuses_is_a_finding) {
  auto options = fresh_database{}.options;  // dropped by now
  const auto gone = survey_database(options);
  BOOST_REQUIRE(!gone.has_value());
  BOOST_TEST(holds(database_unreachable(gone.error()).what, "does not let us in"));
  options.url = "postgresql://postgres@127.0.0.1:" + std::to_string(free_port()) + "/x";
  const auto away = survey_database(options);
  BOOST_REQUIRE(!away.has_value());
  BOOST_TEST(holds(database_unreachable(away.error()).what, "can't be reached"));
}

BOOST_AUTO_TEST_SUITE_END()
