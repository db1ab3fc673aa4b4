#include "storage/mirror_audit.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "storage/dead_letter_rows.hpp"
#include "tests/storage/fixtures.hpp"

namespace td {

namespace {

using namespace td::test;

/// A fresh database with a writer and a reader.
struct audited : fresh_database {
  std::unique_ptr<mirror_store> store = must(open_mirror_store(options));
  std::unique_ptr<mirror_audit> audit = must(open_mirror_audit(options));

  void write(batch_builder b) { must(store->write(b.build())); }
};

/// Copies of what a visitor saw.
struct seen {
  std::set<uuid> events;
  std::set<std::string> raw;
  journal_totals totals;
};

seen read_all(mirror_audit& audit) {
  seen s;
  s.totals = must(audit.read_all([&](const stored_event& e) { s.events.insert(e.event_id); },
                                 [&](const stored_dead_letter& d) { s.raw.emplace(d.raw); }));
  return s;
}

BOOST_AUTO_TEST_CASE(follows_the_journal_and_leaves_nothing_out) {
  audited db;
  for (std::uint32_t n = 0; n < 7; ++n)
    db.write(
        batch_builder{}.from(1, 1, n + 1).events(10 * n, 10).reject("bad " + std::to_string(n)));
  std::set<uuid> events;
  std::set<std::string> dead;
  std::int64_t position = 0;
  std::int64_t dead_lettered = 0;
  for (int steps = 0;; ++steps) {
    BOOST_REQUIRE(steps < 10);
    const auto news = must(db.audit->follow(position, 2));
    BOOST_TEST(news.position <= position + 2);
    events.insert(news.events.begin(), news.events.end());
    for (const auto& hash : news.dead_letters)
      dead.insert(to_hex(hash));
    dead_lettered += news.dead_lettered;
    position = news.position;
    if (position == news.last_position) break;
  }
  BOOST_TEST(position == 7);
  BOOST_TEST(events.size() == 70U);
  BOOST_TEST(events.contains(id_of(69)));
  BOOST_TEST(dead.size() == 7U);
  BOOST_TEST(dead_lettered == 7);
  sha256 hasher;
  BOOST_TEST(dead.contains(to_hex(delivery_hash(hasher, "tracker/events/tasks/updated", "bad 3"))));
}

BOOST_AUTO_TEST_CASE(has_no_news_where_nothing_was_committed) {
  audited db;
  db.write(batch_builder{}.events(0, 3));
  const auto first = must(db.audit->follow(0, 10));
  BOOST_TEST(first.events.size() == 3U);
  const auto second = must(db.audit->follow(first.position, 10));
  BOOST_TEST(second.events.empty());
  BOOST_TEST(second.position == first.position);
  BOOST_TEST(second.last_position == first.position);
}

BOOST_AUTO_TEST_CASE(tells_redeliveries_apart) {
  audited db;
  db.write(batch_builder{}.events(0, 5).reject("bad"));
  const auto before = must(db.audit->follow(0, 10));
  db.write(batch_builder{}.events(3, 5).reject("bad").reject("worse"));
  const auto news = must(db.audit->follow(before.position, 10));
  BOOST_TEST(news.duplicate == 2);
  BOOST_TEST(news.dead_lettered == 2);
  BOOST_TEST(news.events.size() == 3U);
  BOOST_TEST(news.dead_letters.size() == 2U);
}

BOOST_AUTO_TEST_CASE(says_when_the_journal_is_shorter_than_what_was_read) {
  audited db;
  db.write(batch_builder{}.events(0, 1));
  const auto news = must(db.audit->follow(5, 10));
  BOOST_TEST(news.last_position == 1);
  BOOST_TEST(news.position == 5);
}

BOOST_AUTO_TEST_CASE(shows_every_part_of_every_row) {
  audited db;
  const auto at = noon() + std::chrono::microseconds{123456};
  db.write(batch_builder{}.event(id_of(7), R"({"b":1.50,"a":"ä"})", at, "task_created"));
  std::string binary{"\x00\xff'\\x", 5};
  db.write(batch_builder{}.reject(binary, errc::not_utf8));
  int events = 0;
  int dead_letters = 0;
  const auto totals = must(db.audit->read_all(
      [&](const stored_event& e) {
        ++events;
        BOOST_TEST((e.event_id == id_of(7)));
        BOOST_TEST((e.trace_id == id_of(7)));
        BOOST_TEST((e.occurred_at == at));
        BOOST_TEST(e.schema_version == 0);
        BOOST_TEST(e.kind == "task_created");
        BOOST_TEST(e.source == "sensor-7");
        BOOST_TEST(e.topic == "tracker/events/tasks/updated");
        BOOST_TEST(e.payload == R"({"a": "ä", "b": 1.50})");
      },
      [&](const stored_dead_letter& d) {
        ++dead_letters;
        BOOST_TEST(d.topic == "tracker/events/tasks/updated");
        BOOST_TEST(d.raw == binary);
        BOOST_TEST(d.code == "not_utf8");
        BOOST_TEST(!d.event_id.has_value());
        BOOST_TEST(d.attempts == 1);
      }));
  BOOST_TEST(events == 1);
  BOOST_TEST(dead_letters == 1);
  BOOST_TEST(totals.batches == 2);
  BOOST_TEST(totals.last_position == 2);
  BOOST_TEST(totals.stored == 1);
  BOOST_TEST(totals.duplicate == 0);
  BOOST_TEST(totals.dead_lettered == 1);
  BOOST_TEST(totals.longest_pause.count() > 0);
}

BOOST_AUTO_TEST_CASE(reads_more_rows_than_it_fetches_at_a_time) {
  audited db;
  for (std::uint32_t n = 0; n < 3; ++n)
    db.write(batch_builder{}.events(n * 1500, 1500));
  BOOST_TEST(read_all(*db.audit).events.size() == 4500U);
}

BOOST_AUTO_TEST_CASE(reads_tables_that_are_empty) {
  audited db;
  const auto all = read_all(*db.audit);
  BOOST_TEST(all.events.empty());
  BOOST_TEST(all.raw.empty());
  BOOST_TEST(all.totals.batches == 0);
  BOOST_TEST(all.totals.last_position == 0);
  BOOST_TEST(all.totals.longest_pause.count() == 0);
}

BOOST_AUTO_TEST_CASE(sees_a_row_twice_that_the_primary_key_no_longer_forbids) {
  audited db;
  db.write(batch_builder{}.events(0, 2));
  db.run(
      "ALTER TABLE events_mirror DROP CONSTRAINT events_mirror_pkey; "
      "INSERT INTO events_mirror SELECT * FROM events_mirror LIMIT 1");
  int rows = 0;
  must(db.audit->read_all([&](const stored_event&) { ++rows; }, [](const stored_dead_letter&) {}));
  BOOST_TEST(rows == 3);
}

BOOST_AUTO_TEST_CASE(finds_the_processes_of_a_service_by_its_name) {
  audited db;
  auto named = db.options;
  named.application_name = "somebody";
  const auto one = must(pg::session::open(named));
  const auto two = must(pg::session::open(named));
  const auto pids = must(db.audit->backends("somebody"));
  BOOST_TEST(pids.size() == 2U);
  const auto own = db.number("SELECT pg_backend_pid()");
  BOOST_TEST((std::ranges::find(pids, own) == pids.end()));
  BOOST_TEST(must(db.audit->backends("nobody")).empty());
}

BOOST_AUTO_TEST_CASE(goes_on_after_its_connection_was_ended) {
  audited db;
  db.write(batch_builder{}.events(0, 2));
  db.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
      "current_database() AND pid <> pg_backend_pid()");
  const auto lost = db.audit->follow(0, 10);
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error().code == errc::database_away));
  must(db.audit->reconnect());
  BOOST_TEST(must(db.audit->follow(0, 10)).events.size() == 2U);
}

}  // namespace

}  // namespace td
