#include <atomic>
#include <random>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using std::chrono::days;
using std::chrono::floor;

namespace {

/// Drops the days before `first_kept` and prunes the journal, as MAINTENANCE does.
std::uint64_t prune_behind(partition_store& keeper, std::chrono::sys_days first_kept) {
  const auto rules = must(keeper.rules({.events = days{30}, .dead_letters = days{30}}));
  const auto today = first_kept + days{30};
  must(keeper.apply_retention(rules, today, timestamp{floor<days>(now())}, "a test"));
  return must(keeper.prune_journal(first_kept));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal)

BOOST_AUTO_TEST_CASE(a_reader_that_follows_positions_skips_and_repeats_nothing) {
  fresh_database db;
  constexpr std::uint32_t writers = 4;
  constexpr std::uint32_t batches = 50;
  constexpr std::uint32_t total = writers * batches;
  // Between taking a position and its commit passes some time, so that writers overlap there.
  db.run(
      "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_sleep(0.002); RETURN NULL; END $$; "
      "CREATE TRIGGER dawdle AFTER INSERT ON mirror_batches EXECUTE FUNCTION dawdle()");
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::vector<std::thread> threads;
  std::vector<std::string> failed(writers);
  for (std::uint32_t w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      std::mt19937 random{seed + w};
      auto store = must(open_mirror_store(db.options));
      std::uint32_t next = 0;
      for (std::uint32_t n = 0; n < batches; ++n) {
        const auto size = random() % 20;
        batch_builder b;
        b.from(static_cast<std::int32_t>(w), 1, n)
            .events(next, size, static_cast<std::uint8_t>(w))
            .reject("bad " + std::to_string(w));  // one for all would serialise the writers
        next += size;
        if (const auto r = store->write(b.build()); !r) failed[w] = to_string(r.error());
      }
    });
  }

  // Reads while they write: each position must be the next one, and its rows must be there.
  std::int64_t seen = 0;
  std::int64_t events = 0;
  std::set<std::int64_t> batch_ids;
  std::vector<std::int64_t> last_number(writers, -1);
  bool in_order = true;
  while (seen < total &&
         std::all_of(failed.begin(), failed.end(), [](auto& f) { return f.empty(); })) {
    const auto r = must(db.eye.exec(
        "SELECT position, batch_id, lane, number, stored, (SELECT count(*) FROM events_mirror e "
        "WHERE e.batch_id = b.batch_id) FROM mirror_batches b WHERE position > $1 ORDER BY "
        "position",
        {std::to_string(seen)}));
    for (int i = 0; i < r.size(); ++i) {
      BOOST_TEST_REQUIRE(r.number(i, 0) == seen + 1);
      seen = r.number(i, 0);
      batch_ids.insert(r.number(i, 1));
      auto& last = last_number[static_cast<std::size_t>(r.number(i, 2))];
      in_order &= r.number(i, 3) > last;
      last = r.number(i, 3);
      BOOST_TEST(r.number(i, 4) == r.number(i, 5));
      events += r.number(i, 5);
    }
  }
  for (auto& t : threads)
    t.join();
  for (const auto& f : failed)
    BOOST_TEST(f == "");
  BOOST_TEST(seen == total);
  BOOST_TEST(batch_ids.size() == total);
  BOOST_TEST(in_order);
  BOOST_TEST(events == db.number("SELECT count(*) FROM events_mirror"));
  BOOST_TEST(db.value("SELECT bool_and(committed_at >= before) FROM (SELECT committed_at, "
                      "lag(committed_at, 1, '-infinity') OVER (ORDER BY position) AS before FROM "
                      "mirror_batches) x") == "t");
  BOOST_TEST(db.number("SELECT sum(attempts) FROM dlq_events") == total);
}

BOOST_AUTO_TEST_CASE(a_batch_that_fails_leaves_no_gap) {
  fresh_database db;
  auto store = must(open_mirror_store(db.options));
  must(store->write(batch_builder{}.events(0, 1).build()));
  db.run(
      "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'odd'; END $$; "
      "CREATE TRIGGER fail AFTER INSERT ON mirror_batches EXECUTE FUNCTION fail()");
  BOOST_TEST(!store->write(batch_builder{}.events(1, 1).build()));
  db.run("DROP TRIGGER fail ON mirror_batches");
  BOOST_TEST(must(store->write(batch_builder{}.events(1, 1).build())).position == 2);
}

BOOST_AUTO_TEST_CASE(pruning_takes_whole_days_from_the_front_and_keeps_the_newest_row) {
  fresh_database db;
  auto store = must(open_mirror_store(db.options));
  auto keeper = must(open_partition_store(db.options));
  const auto today = floor<days>(noon());
  const auto write = [&](std::uint32_t n, int days_ago) {
    must(store->write(batch_builder{}.event(id_of(n), "{}", noon() - days{days_ago}).build()));
  };
  write(1, 2);
  write(2, 1);
  must(store->write(batch_builder{}
                        .event(id_of(3), "{}", noon() - days{2})
                        .event(id_of(4), "{}", noon())
                        .build()));
  write(5, 2);  // late: behind a batch that has to stay
  const auto positions = [&] {
    return db.value("SELECT string_agg(position::text, ' ' ORDER BY position) FROM mirror_batches");
  };
  BOOST_TEST(must(keeper->prune_journal(today + days{1})) == 0u);  // the days are still there
  BOOST_TEST(prune_behind(*keeper, today - days{2}) == 0u);
  BOOST_TEST(prune_behind(*keeper, today - days{1}) == 1u);
  BOOST_TEST(positions() == "2 3 4");
  BOOST_TEST(prune_behind(*keeper, today) == 1u);
  BOOST_TEST(positions() == "3 4");
  BOOST_TEST(prune_behind(*keeper, today + days{1}) == 1u);
  BOOST_TEST(positions() == "4");
  write(6, 0);
  BOOST_TEST(positions() == "4 5");
}

BOOST_AUTO_TEST_CASE(dead_letters_alone_are_pruned_by_the_time_of_their_commit) {
  fresh_database db;
  auto store = must(open_mirror_store(db.options));
  auto keeper = must(open_partition_store(db.options));
  for (int n = 0; n < 3; ++n)
    must(store->write(batch_builder{}.reject("x").build()));
  BOOST_TEST(prune_behind(*keeper, floor<days>(now())) == 0u);
  BOOST_TEST(prune_behind(*keeper, floor<days>(now()) + days{2}) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
