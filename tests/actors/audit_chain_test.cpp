#include "actors/audit_chain.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using test::must;

namespace {

const auto key = crypto::sha256("the audit key");

struct fixture : test::deterministic, test::fresh_database {
  fs::path folder = [] {
    std::string pattern = (fs::temp_directory_path() / "td-chain-XXXXXX").string();
    return fs::path{::mkdtemp(pattern.data())};
  }();
  bool away{};
  audit_chain_actor actor;

  ~fixture() {
    end(actor);
    fs::remove_all(folder);
  }

  audit_chain_actor made() {
    return make_scheduled_audit_chain(sys,
                                      {.key = key,
                                       .head_file = folder / "head",
                                       .open = [this]() -> result<std::unique_ptr<audit_store>> {
                                         if (away) return failure{errc::database_away, "away"};
                                         return open_audit_store(options);
                                       }});
  }
  void start() {
    actor = made();
    run();
  }
  void run() { test::deterministic::run(); }
  void add() {
    audit_entry e;
    e.actor = "user anna";
    must(append(eye, e, now()));
  }
  std::int64_t chained() { return number("SELECT position FROM audit_head"); }
  std::string kept() const {
    std::string line;
    std::getline(std::ifstream{folder / "head"} >> std::ws, line);
    return line;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_chain_, fixture)

BOOST_AUTO_TEST_CASE(rows_have_their_place_within_a_second) {
  start();
  for (int i = 0; i < 5; ++i)
    add();
  advance(1s);
  BOOST_TEST(chained() == 5);
  add();
  advance(1s);
  BOOST_TEST(chained() == 6);
}

BOOST_AUTO_TEST_CASE(a_backlog_is_taken_at_once) {
  fresh_database::run(
      "INSERT INTO auth_audit_log SELECT gen_random_uuid(), now(), 'login', 'ok', 'service', NULL, "
      "'', NULL, NULL, '', '', '' FROM generate_series(1, 3500)");
  start();
  advance(1s);
  BOOST_TEST(chained() == 3500);
}

BOOST_AUTO_TEST_CASE(the_head_is_kept_beside_the_secret) {
  add();
  start();
  advance(1s);
  BOOST_TEST(kept().starts_with("1:"));
  add();
  advance(1s);
  BOOST_TEST(kept().starts_with("1:"));  // not with every row
  advance(11s);
  BOOST_TEST(kept().starts_with("2:"));
  add();
  advance(1s);
  end(actor);
  BOOST_TEST(kept().starts_with("3:"));  // an ordered stop keeps the last one
}

BOOST_AUTO_TEST_CASE(one_of_two_nodes_chains_and_the_other_takes_over) {
  start();
  auto second = made();
  add();
  advance(2s);
  BOOST_TEST(chained() == 1);
  end(actor);
  test::await(eye, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  add();
  advance(3s);
  BOOST_TEST(chained() == 2);
  end(second);
}

BOOST_AUTO_TEST_CASE(an_absent_database_is_waited_for) {
  away = true;
  start();
  add();
  advance(10s);
  BOOST_TEST(chained() == 0);
  away = false;
  advance(2s);
  BOOST_TEST(chained() == 1);
  fresh_database::run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
      "datname = current_database()");
  add();
  advance(3s);
  BOOST_TEST(chained() == 2);
}

BOOST_AUTO_TEST_CASE(a_log_that_was_cut_while_nobody_looked_does_not_become_the_kept_head) {
  for (int i = 0; i < 5; ++i)
    add();
  start();
  advance(1s);
  end(actor);
  const auto before = kept();
  BOOST_TEST(before.starts_with("5:"));
  fresh_database::run(
      "ALTER TABLE auth_audit_log DISABLE TRIGGER ALL; DELETE FROM auth_audit_log WHERE position > "
      "3; UPDATE audit_head SET position = 3, link = (SELECT link FROM auth_audit_log WHERE "
      "position = 3); ALTER TABLE auth_audit_log ENABLE TRIGGER ALL");
  start();
  advance(30s);
  BOOST_TEST(kept() == before);
  add();
  advance(30s);
  BOOST_TEST(chained() == 4);    // it goes on
  BOOST_TEST(kept() == before);  // what tells of the cut stays
}

BOOST_AUTO_TEST_SUITE_END()
