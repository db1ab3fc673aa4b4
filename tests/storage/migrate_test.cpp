#include <algorithm>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "storage/migrations.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

constexpr partition_window window{.retention_days = 2, .days_ahead = 1};

database_options empty_database() {
  auto& server = postgres_server::shared();
  return {.url = server.url(server.create_database())};
}

std::string ask(const database_options& o, const std::string& sql) {
  auto s = must(pg::session::open(o));
  const auto r = must(s.exec(sql));
  return r.size() == 0 ? std::string{} : std::string{r.text(0, 0)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migrate_)

BOOST_AUTO_TEST_CASE(numbers_migrations_from_one_without_gaps) {
  int expected = 0;
  for (const auto& m : migrations()) {
    BOOST_TEST(m.number == ++expected);
    BOOST_TEST(std::stoi(std::string{m.name}) == m.number);
    BOOST_TEST(!m.text.empty());
  }
}

BOOST_AUTO_TEST_CASE(brings_an_empty_database_up_once) {
  const auto o = empty_database();
  BOOST_TEST(must(migrate(o, window)) == migrations().size());
  const auto id = ask(o, "SELECT id FROM deployment");
  BOOST_TEST(must(migrate(o, window)) == 0u);
  BOOST_TEST(ask(o, "SELECT id FROM deployment") == id);
  BOOST_TEST(ask(o,
                 "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events_mirror'::regclass "
                 "AND EXISTS (SELECT FROM pg_class WHERE oid = inhrelid AND relkind = 'r')") ==
             "4");
}

BOOST_AUTO_TEST_CASE(makes_only_missing_partitions_when_repeated) {
  const auto o = empty_database();
  must(migrate(o, window));
  must(migrate(o, {.retention_days = 3, .days_ahead = 3}));
  BOOST_TEST(ask(o,
                 "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE "
                 "'events_mirror_%'") == "7");
}

BOOST_AUTO_TEST_CASE(several_nodes_at_once_apply_each_migration_once) {
  const auto o = empty_database();
  constexpr std::size_t nodes = 5;
  std::vector<std::uint32_t> applied(nodes);
  std::vector<std::string> failures(nodes);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < nodes; ++i) {
    threads.emplace_back([&, i] {
      const auto r = migrate(o, window);
      if (r)
        applied[i] = *r;
      else
        failures[i] = to_string(r.error());
    });
  }
  for (auto& t : threads)
    t.join();
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    BOOST_TEST(failures[i] == "");
    sum += applied[i];
  }
  BOOST_TEST(sum == migrations().size());
  BOOST_TEST(ask(o, "SELECT count(*) FROM deployment") == "1");
}

BOOST_AUTO_TEST_CASE(refuses_an_edited_migration) {
  const auto o = empty_database();
  must(migrate(o, window));
  ask(o, "UPDATE schema_migrations SET checksum = 'edited' WHERE number = 2");
  const auto r = migrate(o, window);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::migration_changed));
  BOOST_TEST(r.error().detail.find("002_mirror") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_a_database_that_is_newer) {
  const auto o = empty_database();
  must(migrate(o, window));
  ask(o, "INSERT INTO schema_migrations VALUES (9999, '9999_future', '', now())");
  const auto r = migrate(o, window);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::schema_too_new));
  BOOST_TEST(r.error().detail.find("9999_future") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_a_history_with_a_hole) {
  const auto o = empty_database();
  must(migrate(o, window));
  ask(o, "DELETE FROM schema_migrations WHERE number = 2");
  const auto r = migrate(o, window);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::migration_changed));
}

BOOST_AUTO_TEST_CASE(a_failing_migration_leaves_nothing_of_itself) {
  const auto o = empty_database();
  ask(o, "CREATE TABLE ingest_lanes (in_the_way int)");  // 003 will stumble over it
  const auto r = migrate(o, window);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST(r.error().detail.find("003_ingest_lanes") != std::string::npos);
  BOOST_TEST(ask(o, "SELECT max(number) FROM schema_migrations") == "2");
  ask(o, "DROP TABLE ingest_lanes");
  BOOST_TEST(must(migrate(o, window)) == migrations().size() - 2);
}

BOOST_AUTO_TEST_CASE(says_that_the_account_may_not_create) {
  const auto o = empty_database();
  ask(o, "CREATE ROLE guest LOGIN");
  auto guest = o;
  guest.url.replace(guest.url.find("user=postgres"), 13, "user=guest");
  const auto r = migrate(guest, window);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::permission_denied));
}

BOOST_AUTO_TEST_CASE(a_store_on_an_empty_database_says_that_it_is_not_migrated) {
  const auto r = open_mirror_store(empty_database());
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::configuration_invalid));
}

BOOST_AUTO_TEST_SUITE_END()
