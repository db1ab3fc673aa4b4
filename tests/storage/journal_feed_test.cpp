#include "storage/journal_feed.hpp"

#include <atomic>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

struct fed : fresh_database {
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));
  pg::session reader = must(pg::session::open(options));

  void write(std::uint32_t first, std::uint32_t count, mirror_store* by = nullptr) {
    must((by ? by : mirror.get())->write(batch_builder{}.events(first, count).build()));
  }
  /// Everything behind a place, page by page; moves the place.
  std::vector<uuid> follow(feed_place& place, std::size_t most) {
    std::vector<uuid> ids;
    for (;;) {
      const auto page = must(read_feed(reader, place, most));
      BOOST_REQUIRE(page.events.size() <= most);
      for (const auto& e : page.events) {
        ids.push_back(e.event_id);
        const auto own = parse_feed_place(e.place);
        BOOST_REQUIRE(own.has_value());
        BOOST_TEST((place < *own && *own <= page.reached));
      }
      const bool moved = place < page.reached;
      place = page.reached;
      if (!page.more) return ids;
      BOOST_REQUIRE(moved);
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_feeds)

BOOST_AUTO_TEST_CASE(give_every_event_once_in_the_order_of_the_journal) {
  fed db;
  std::vector<uuid> expected;
  for (std::uint32_t n = 0; n < 8; ++n) {
    db.write(n * 100, n + 1);
    for (std::uint32_t i = 0; i <= n; ++i)
      expected.push_back(id_of(n * 100 + i));
    must(db.mirror->write(batch_builder{}.reject("bad " + std::to_string(n)).build()));
  }
  for (const std::size_t most : {1u, 3u, 1000u}) {
    feed_place place{0};
    BOOST_TEST((db.follow(place, most) == expected));
    BOOST_TEST((place == feed_place{16}));
    BOOST_TEST(db.follow(place, most).empty());
  }
  BOOST_TEST(must(newest_position(db.reader)) == 16);
}

BOOST_AUTO_TEST_CASE(bring_events_of_any_day_and_start_anywhere) {
  fed db;
  must(db.mirror->write(batch_builder{}
                            .event(id_of(1), "{}", noon() - std::chrono::days{9})
                            .event(id_of(2))
                            .event(id_of(3), "{}", noon() - std::chrono::days{2})
                            .build()));
  feed_place place{0};
  BOOST_TEST(db.follow(place, 10).size() == 3u);
  place = {1, 0};
  BOOST_TEST(db.follow(place, 10).size() == 2u);
  place = {1};
  BOOST_TEST(db.follow(place, 10).empty());
}

BOOST_AUTO_TEST_CASE(neither_skip_nor_repeat_while_several_write) {
  fed db;
  constexpr std::uint32_t writers = 4, batches = 40, size = 3;
  std::vector<uuid> seen;
  {
    std::atomic<unsigned> busy{writers};
    std::vector<std::jthread> threads;
    for (std::uint32_t w = 0; w < writers; ++w) {
      threads.emplace_back([&, w] {
        auto own = must(open_mirror_store(db.options));
        for (std::uint32_t b = 0; b < batches; ++b)
          db.write(w * 100'000 + b * size, size, own.get());
        --busy;
      });
    }
    feed_place place{0};
    for (bool last = false; !last;) {
      last = busy == 0;
      const auto ids = db.follow(place, 7);
      seen.insert(seen.end(), ids.begin(), ids.end());
    }
  }
  BOOST_TEST(seen.size() == writers * batches * size);
  BOOST_TEST((std::set<uuid>{seen.begin(), seen.end()}).size() == seen.size());
}

BOOST_AUTO_TEST_CASE(say_what_retention_took_before_and_that_the_journal_went_back) {
  fed db;
  for (std::uint32_t n = 0; n < 6; ++n)
    db.write(n * 10, 1);
  db.run("DELETE FROM mirror_batches WHERE position < 5");
  const auto page = must(read_feed(db.reader, {2}, 10));
  BOOST_TEST(page.pruned == 2);
  BOOST_TEST(page.events.size() == 2u);
  BOOST_TEST(must(read_feed(db.reader, {5}, 10)).pruned == 0);
  const auto ahead = must(read_feed(db.reader, {99}, 10));
  BOOST_TEST(ahead.last_position == 6);
  BOOST_TEST(!ahead.more);
}

BOOST_AUTO_TEST_CASE(have_places_that_read_back) {
  for (const feed_place p : {feed_place{0}, feed_place{7, 0}, feed_place{1'000'000'000'000, 3999}})
    BOOST_TEST((parse_feed_place(to_string(p)) == p));
  for (const auto* bad : {"", "-", "1-", "-1", "1-2-3", "1 ", "x", "1--2", "99999999999999999999"})
    BOOST_TEST(!parse_feed_place(bad).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
