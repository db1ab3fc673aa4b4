#include "doctor/codes.hpp"
#include "doctor/machine_judge.hpp"
#include "doctor/service_judge.hpp"
#include "doctor/words.hpp"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "storage/database_survey.hpp"
#include "tests/doctor/found.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(machine)

BOOST_AUTO_TEST_CASE(this_machine_can_be_looked_at) {
  const auto seen = survey_machine();
  BOOST_TEST(seen.open_files >= 3u);
  BOOST_TEST(seen.open_files_limit >= seen.open_files);
  BOOST_REQUIRE(seen.available_memory.has_value());
  BOOST_TEST(*seen.available_memory > 0u);
  const auto again = survey_machine();
  BOOST_TEST(std::chrono::abs(again.clock_offset - seen.clock_offset) < 1s);
  const auto space = space_of("/tmp");
  BOOST_REQUIRE(space.has_value());
  BOOST_TEST(space->total_bytes >= space->free_bytes);
  BOOST_TEST(!space_of("/nonexistent").has_value());
}

BOOST_AUTO_TEST_CASE(limits_are_judged_against_what_is_needed) {
  machine_survey seen;
  seen.open_files_limit = 256;
  seen.available_memory = 100u << 20;
  seen.clock_synchronised = false;
  const auto all = judge_machine(seen, {.open_files = 650}, std::nullopt);
  BOOST_TEST(found(all, "machine_files").mend == "LimitNOFILE=650   (systemd), or: ulimit -n 650");
  BOOST_TEST(level(all, "machine_files") == "warning");
  BOOST_TEST(level(all, "machine_memory") == "warning");
  BOOST_TEST(level(all, "machine_clock") == "note");
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_between_two_looks_is_noticed) {
  machine_survey seen;
  seen.clock_offset = 100h;
  BOOST_TEST(level(judge_machine(seen, {}, 100h + 300ms), "machine_clock_jump") == "ok");
  const auto f = found(judge_machine(seen, {}, 101h), "machine_clock_jump");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(holds(f.what, "-3600.000 s"));
}

BOOST_AUTO_TEST_CASE(libraries_older_than_those_it_was_built_with_are_named) {
  library_versions v{150'018, 150'018};
  BOOST_TEST((worst_of(judge_libraries(v)) == severity::ok));
  v.database_found = 140'001;
  BOOST_TEST(level(judge_libraries(v), "machine_database_library") == "warning");
  const library_versions ours{database_library_built_with(), database_library_in_use()};
  BOOST_TEST(ours.database_found >= 150'000);
}

BOOST_AUTO_TEST_CASE(a_service_that_is_not_as_it_should_be_says_why) {
  service_snapshot s;
  s.ready = true;
  BOOST_TEST((worst_of(judge_service(s)) == severity::ok));
  s.ready = false;
  s.dependencies = {{"postgresql", false, "connection refused", {}, {}}};
  s.counts.received = 5;
  s.actors = {{"mirror 0", "gave_up", 11}};
  s.stalls.push_back({.lane = 3, .events = 4000, .holder = "mirror 0"});
  const auto all = judge_service(s);
  BOOST_TEST(holds(found(all, "service_ready").what, "postgresql is away: connection refused"));
  BOOST_TEST(holds(found(all, "service_ready").what, "lane 3: 4000 events unacknowledged"));
  BOOST_TEST(level(all, "service_ledger") == "danger");
  BOOST_TEST(level(all, "service_actors") == "danger");
}

BOOST_AUTO_TEST_CASE(numbers_are_written_for_people) {
  BOOST_TEST(words::grouped(1'234'567) == "1,234,567");
  BOOST_TEST(words::grouped(999) == "999");
  BOOST_TEST(words::size(1536) == "1.5 KiB");
  BOOST_TEST(words::size(12) == "12 B");
  BOOST_TEST(words::duration(90s) == "90 s");
  BOOST_TEST(words::duration(26h) == "26 h");
  BOOST_TEST(words::duration(72h) == "3 d");
  BOOST_TEST(words::signed_duration(-350ms) == "-350.0 ms");
  BOOST_TEST(words::listed({"a", "b", "c"}, 2) == "a, b and 1 more");
  BOOST_TEST(words::listed({"a", "b"}, 2) == "a, b");
  BOOST_TEST(words::sql_name("a_b1") == "a_b1");
  BOOST_TEST(words::sql_name("1a") == "\"1a\"");
}

BOOST_AUTO_TEST_CASE(a_finding_without_a_code_is_a_bug) {
  BOOST_CHECK_THROW(make_finding("database_moods", severity::ok, ""), std::logic_error);
  BOOST_TEST(make_finding("database_fsync", severity::ok, "").area == "database");
}

BOOST_AUTO_TEST_SUITE_END()
