#include "storage/journal_minutes.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

struct counted : fresh_database {
  timestamp midnight = std::chrono::floor<std::chrono::days>(now()) - std::chrono::days{1};

  /// Batches of one stored event, one each `apart` from `from` on.
  void put(timestamp from, std::chrono::seconds apart, int batches) {
    run(fmt::format(
        "INSERT INTO mirror_batches SELECT p + n, p + n, 1, 1, n, 2, 1, n % 2, NULL, NULL, "
        "timestamptz '{}' + (n - 1) * interval '{} seconds' FROM generate_series(1, {}) AS n, "
        "(SELECT coalesce(max(position), 0) AS p FROM mirror_batches) AS last",
        to_rfc3339(from), apart.count(), batches));
  }
  std::vector<journal_count> counts(timestamp since, timestamp before, std::chrono::minutes step) {
    return must(journal_counts(eye, since, before, step));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_minutes)

BOOST_AUTO_TEST_CASE(tell_the_same_before_amid_and_after_summing_up) {
  counted db;
  db.put(db.midnight, 7s, 1000);
  const auto all = [&] { return db.counts(db.midnight, db.midnight + 3h, 5min); };
  const auto before = all();
  BOOST_REQUIRE(before.size() == 24u);  // 6993 s
  BOOST_TEST((before.front().from == db.midnight));
  BOOST_TEST(before.front().batches == 43);  // 0, 7 ... 294 s
  BOOST_TEST(before.front().stored == 86);
  BOOST_TEST(before.front().duplicate == 43);
  BOOST_TEST(before.front().dead_lettered == 22);
  BOOST_TEST(must(sum_up_journal(db.eye, 300)) == 300);
  BOOST_TEST((all() == before));
  BOOST_TEST(must(sum_up_journal(db.eye, 300)) == 300);
  db.put(db.midnight + 2h, 1s, 60);
  const auto more = all();
  BOOST_TEST(more.size() == 25u);
  BOOST_TEST(more.back().batches == 60);
  while (must(sum_up_journal(db.eye, 300)) > 0) {
  }
  BOOST_TEST((all() == more));
  BOOST_TEST(db.number("SELECT sum(batches) FROM journal_minutes") == 1060);
}

BOOST_AUTO_TEST_CASE(survive_the_pruning_of_the_journal) {
  counted db;
  auto keeper = must(open_partition_store(db.options));
  db.put(db.midnight - std::chrono::days{200}, 1s, 500);
  const auto since = db.midnight - std::chrono::days{201};
  const auto before = db.counts(since, db.midnight, 1440min);
  BOOST_TEST(must(keeper->prune_journal(std::chrono::floor<std::chrono::days>(db.midnight))) ==
             499u);
  BOOST_TEST((db.counts(since, db.midnight, 1440min) == before));
}

BOOST_AUTO_TEST_CASE(count_each_batch_once_whoever_sums_up_at_the_same_time) {
  counted db;
  db.put(db.midnight, 1s, 5000);
  const auto work = [&] {
    auto own = must(pg::session::open(db.options));
    while (must(sum_up_journal(own, 100)) > 0) {
    }
  };
  {
    std::jthread one{work}, two{work};
    for (int i = 0; i < 20; ++i) {
      std::int64_t batches = 0;
      for (const auto& c : db.counts(db.midnight, db.midnight + 2h, 1min))
        batches += c.batches;
      BOOST_TEST(batches == 5000);
    }
  }
  BOOST_TEST(db.number("SELECT sum(batches) FROM journal_minutes") == 5000);
}

BOOST_AUTO_TEST_CASE(widen_the_time_to_whole_steps) {
  counted db;
  db.put(db.midnight, 60s, 10);
  BOOST_TEST(db.counts(db.midnight + 90s, db.midnight + 91s, 1min).size() == 1u);
  BOOST_TEST(db.counts(db.midnight + 60s, db.midnight + 180s, 1min).size() == 2u);
  BOOST_TEST(db.counts(db.midnight, db.midnight + 1s, 5min).front().batches == 5);
  BOOST_TEST(db.counts(db.midnight + 1h, db.midnight + 2h, 1min).empty());
}

BOOST_AUTO_TEST_CASE(refuse_what_is_no_time) {
  counted db;
  const auto pointer = [&](timestamp since, timestamp before, std::chrono::minutes step) {
    const auto r = journal_counts(db.eye, since, before, step);
    BOOST_REQUIRE(!r);
    BOOST_TEST((r.error().code == errc::configuration_invalid));
    return r.error().pointer;
  };
  BOOST_TEST(pointer(db.midnight, db.midnight, 1min) == "/since");
  BOOST_TEST(pointer(db.midnight, db.midnight + 1h, 0min) == "/step");
  BOOST_TEST(pointer(db.midnight, db.midnight + 2001min, 1min) == "/step");
}

BOOST_AUTO_TEST_SUITE_END()
