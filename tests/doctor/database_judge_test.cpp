#include "doctor/database_judge.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/doctor/found.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t gib = 1ull << 30;

database_survey sound() {
  database_survey s;
  s.server_version = 150'018;
  s.role = "taylordash";
  s.database = "events";
  s.schema = "public";
  s.sees_all_sessions = true;
  s.settings = {{"fsync", "on", "default"},
                {"synchronous_commit", "on", "default"},
                {"full_page_writes", "on", "default"},
                {"data_checksums", "on", "default"},
                {"archive_mode", "on", "configuration file"},
                {"autovacuum", "on", "default"},
                {"track_counts", "on", "default"},
                {"zero_damaged_pages", "off", "default"},
                {"data_sync_retry", "off", "default"},
                {"default_transaction_read_only", "off", "default"},
                {"idle_in_transaction_session_timeout", "600000", "configuration file"}};
  s.migrations_known = 9;
  s.migrations_applied = 9;
  s.days_ahead = 3;
  s.max_connections = 97;
  s.used_connections = 10;
  s.clock_uncertainty = 100us;
  return s;
}

database_needs needs() {
  database_needs n;
  n.connections = 8;
  n.disk = disk_space{100 * gib, 200 * gib};
  return n;
}

void change(database_survey& s, std::string_view name, std::string value,
            std::string source = "default", std::string file = {}, std::int64_t line = 0) {
  for (auto& setting : s.settings) {
    if (setting.name == name) setting = {setting.name, value, source, file, line};
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(database_judge)

BOOST_AUTO_TEST_CASE(a_sound_database_is_ok_throughout) {
  const auto all = judge_database(sound(), needs());
  BOOST_TEST(all.size() > 20u);
  for (const auto& f : all)
    BOOST_TEST((f.level == severity::ok), f.code << ": " << f.what);
}

BOOST_AUTO_TEST_CASE(each_durability_setting_that_is_off_is_a_danger) {
  for (const auto* name : {"fsync", "synchronous_commit", "full_page_writes"}) {
    auto s = sound();
    change(s, name, "off");
    const auto f = found(judge_database(s, needs()), "database_" + std::string{name});
    BOOST_TEST((f.level == severity::danger), name);
    BOOST_TEST(f.mend ==
               "ALTER SYSTEM SET " + std::string{name} + " = on; SELECT pg_reload_conf();");
    BOOST_TEST(holds(f.what, std::string{name} + " is off"));
  }
}

BOOST_AUTO_TEST_CASE(the_line_to_change_follows_from_where_the_setting_was_made) {
  struct row {
    const char* source;
    const char* file;
    const char* line;
  };
  for (const auto& [source, file, line] :
       {row{"user", "", "ALTER ROLE taylordash RESET synchronous_commit;"},
        row{"database", "", "ALTER DATABASE events RESET synchronous_commit;"},
        row{"database user", "",
            "ALTER ROLE taylordash IN DATABASE events RESET synchronous_commit;"},
        row{"global", "", "ALTER ROLE ALL RESET synchronous_commit;"},
        row{"configuration file", "/var/lib/postgresql/15/main/postgresql.auto.conf",
            "ALTER SYSTEM RESET synchronous_commit; SELECT pg_reload_conf();"},
        row{"client", "", "take synchronous_commit out of `options`"},
        row{"configuration file", "/etc/postgresql/15/main/postgresql.conf",
            "synchronous_commit = on"}}) {
    auto s = sound();
    change(s, "synchronous_commit", "off", source, file, 211);
    const auto f = found(judge_database(s, needs()), "database_synchronous_commit");
    BOOST_TEST(f.mend == line, source);
    if (f.mend == "synchronous_commit = on")
      BOOST_TEST(holds(f.where, "/etc/postgresql/15/main/postgresql.conf:211"));
  }
}

BOOST_AUTO_TEST_CASE(a_setting_that_needs_a_restart_says_so) {
  auto s = sound();
  change(s, "data_sync_retry", "on");
  const auto f = found(judge_database(s, needs()), "database_damage_hidden");
  BOOST_TEST(f.mend == "ALTER SYSTEM SET data_sync_retry = off;");
  BOOST_TEST(holds(f.where, "restart the PostgreSQL server"));
  BOOST_TEST(holds(f.where, "parameter group"));
}

BOOST_AUTO_TEST_CASE(names_that_sql_would_not_take_as_they_are_are_quoted) {
  auto s = sound();
  s.role = "Taylor \"Dash\"";
  change(s, "synchronous_commit", "off", "user");
  BOOST_TEST(found(judge_database(s, needs()), "database_synchronous_commit").mend ==
             R"(ALTER ROLE "Taylor ""Dash""" RESET synchronous_commit;)");
}

BOOST_AUTO_TEST_CASE(a_weaker_commit_matters_only_with_a_standby) {
  auto s = sound();
  change(s, "synchronous_commit", "local");
  BOOST_TEST(level(judge_database(s, needs()), "database_synchronous_commit") == "ok");
  s.settings.push_back({"synchronous_standby_names", "standby1", "configuration file"});
  BOOST_TEST(level(judge_database(s, needs()), "database_synchronous_commit") == "note");
}

BOOST_AUTO_TEST_CASE(a_missing_right_is_a_danger_with_its_grant) {
  auto s = sound();
  s.missing_rights = {{"TABLE events_mirror", "INSERT"}, {"SCHEMA public", "CREATE"}};
  const auto f = found(judge_database(s, needs()), "database_rights");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(f.mend ==
             "GRANT INSERT ON TABLE events_mirror TO taylordash;\nGRANT CREATE ON SCHEMA public TO "
             "taylordash;");
}

BOOST_AUTO_TEST_CASE(a_schema_is_behind_or_too_new) {
  auto s = sound();
  s.migrations_applied = 7;
  BOOST_TEST(level(judge_database(s, needs()), "database_schema") == "warning");
  s.migrations_applied.reset();
  s.migrations_trouble = failure{errc::schema_too_new, "the database has migration 10"};
  BOOST_TEST(level(judge_database(s, needs()), "database_schema") == "danger");
}

BOOST_AUTO_TEST_CASE(an_idle_transaction_is_named_with_the_line_that_ends_it) {
  auto s = sound();
  s.idle_in_transaction = {{4711, "ada", "psql", 95s}, {4712, "ada", "", 61s}};
  const auto f = found(judge_database(s, needs()), "database_idle_in_transaction");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(holds(f.what, "pid 4711 of ada (psql)"));
  BOOST_TEST(holds(f.what, "95 s"));
  BOOST_TEST(f.mend == "SELECT pg_terminate_backend(4711);\nSELECT pg_terminate_backend(4712);");
}

BOOST_AUTO_TEST_CASE(who_may_not_see_others_is_told_so) {
  auto s = sound();
  s.sees_all_sessions = false;
  BOOST_TEST(found(judge_database(s, needs()), "database_idle_in_transaction").mend ==
             "GRANT pg_read_all_stats TO taylordash;");
}

BOOST_AUTO_TEST_CASE(connections_are_counted_against_what_a_node_needs) {
  auto s = sound();
  s.used_connections = 90;  // of 97
  BOOST_TEST(level(judge_database(s, needs()), "database_connections") == "warning");
  auto running = needs();
  running.running = true;  // its own are among the 90
  BOOST_TEST(level(judge_database(s, running), "database_connections") == "ok");
  s.role_limit = 5;
  const auto f = found(judge_database(s, running), "database_connections");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(f.mend == "ALTER ROLE taylordash CONNECTION LIMIT 32;");
}

BOOST_AUTO_TEST_CASE(a_disk_that_will_be_full_is_said_in_time) {
  auto s = sound();
  auto n = needs();
  n.retention = 720h;
  s.bytes_per_event = 500;
  s.events_per_day = 10e6;  // 5 GB a day, 150 GB at most
  n.disk = disk_space{200 * gib, 400 * gib};
  BOOST_TEST(level(judge_database(s, n), "database_disk") == "ok");
  n.disk = disk_space{100 * gib, 400 * gib};
  BOOST_TEST(level(judge_database(s, n), "database_disk") == "note");
  n.disk = disk_space{20 * gib, 400 * gib};
  BOOST_TEST(level(judge_database(s, n), "database_disk") == "warning");
  n.disk = disk_space{4 * gib, 400 * gib};
  const auto f = found(judge_database(s, n), "database_disk");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(holds(f.what, "full in 0.9 days"));
  s.events_per_day.reset();
  BOOST_TEST(level(judge_database(s, n), "database_disk") == "warning");
  n.disk.reset();
  BOOST_TEST(level(judge_database(s, n), "database_disk") == "note");
}

BOOST_AUTO_TEST_CASE(a_clock_difference_counts_beyond_its_uncertainty) {
  auto s = sound();
  s.clock_ahead = -2500ms;
  s.clock_uncertainty = 1s;
  BOOST_TEST(level(judge_database(s, needs()), "database_clock") == "ok");
  s.clock_uncertainty = 1ms;
  const auto f = found(judge_database(s, needs()), "database_clock");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(holds(f.what, "-2.500 s"));
}

BOOST_AUTO_TEST_CASE(what_else_can_be_wrong_has_its_finding) {
  auto s = sound();
  s.superuser = true;
  s.pooled = true;
  s.unlogged = {"events_mirror_20261120"};
  s.prepared = {{"it's", 2h, 0}};
  s.inactive_slots = {{"old", {}, 20 * gib}};
  s.days_ahead = 0;
  s.archiver_fails = true;
  s.long_running = {{5, "ada", "pg_dump", 40min}};
  change(s, "autovacuum", "off");
  change(s, "data_sync_retry", "on");
  change(s, "default_transaction_read_only", "on", "user");
  const auto all = judge_database(s, needs());
  BOOST_TEST(level(all, "database_superuser") == "note");
  BOOST_TEST(level(all, "database_pooler") == "warning");
  BOOST_TEST(level(all, "database_unlogged") == "danger");
  BOOST_TEST(found(all, "database_prepared").mend == "ROLLBACK PREPARED 'it''s';");
  BOOST_TEST(level(all, "database_slots") == "warning");
  BOOST_TEST(level(all, "database_partitions") == "warning");
  BOOST_TEST(level(all, "database_archiver") == "warning");
  BOOST_TEST(level(all, "database_long_running") == "note");
  BOOST_TEST(level(all, "database_autovacuum") == "warning");
  BOOST_TEST(level(all, "database_damage_hidden") == "danger");
  BOOST_TEST(level(all, "database_read_only") == "danger");
}

BOOST_AUTO_TEST_CASE(versions_that_damage_indexes_are_known) {
  auto s = sound();
  s.server_version = 140'003;
  BOOST_TEST(level(judge_database(s, needs()), "database_version") == "warning");
  s.server_version = 140'004;
  BOOST_TEST(level(judge_database(s, needs()), "database_version") == "note");
}

BOOST_AUTO_TEST_SUITE_END()
