#include <thread>

#include <boost/test/unit_test.hpp>

#include "storage/partitions.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::year;

namespace {

constexpr sys_days march = year{2020} / 3 / 1;

struct partition_fixture : fresh_database {
  std::unique_ptr<partition_store> store = must(open_partition_store(options));
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));

  void put(std::uint32_t n, sys_days day) {
    must(mirror->write(batch_builder{}.event(id_of(n), "{}", day).build()));
  }
  /// Days from 2020, "0301 0302".
  std::string attached() {
    return value(
        "SELECT coalesce(string_agg(right(inhrelid::regclass::text, 4), ' ' ORDER BY "
        "inhrelid::regclass::text), '') FROM pg_inherits WHERE inhparent = "
        "'events_mirror'::regclass AND inhrelid::regclass::text LIKE '%\\_2020____' AND "
        "NOT inhdetachpending");
  }
  std::string tables() {
    return value(
        "SELECT coalesce(string_agg(right(relname, 4), ' ' ORDER BY relname), '') FROM "
        "pg_class WHERE relkind = 'r' AND relname LIKE 'events\\_mirror\\_2020____'");
  }
  /// Retention that keeps the days from `first_kept` on.
  retention_run take_before(sys_days first_kept, partition_store& by) {
    const auto today = first_kept + days{30};
    const auto rules = must(by.rules({.events = days{30}, .dead_letters = days{30}}));
    return must(by.apply_retention(rules, today, timestamp{today}, "a test"));
  }
  std::uint32_t drop_before(sys_days first_kept) {
    return take_before(first_kept, *store).days_dropped;
  }
  /// Begins to detach and is ended by a reader, as a crash would.
  void detach_half(const std::string& table) {
    auto reader = must(pg::session::open(options));
    must(reader.exec("BEGIN; SELECT count(*) FROM events_mirror"));
    run("SET lock_timeout = '50ms'");
    BOOST_TEST(!eye.exec("ALTER TABLE events_mirror DETACH PARTITION " + table + " CONCURRENTLY"));
    run("SET lock_timeout = 0");
    BOOST_TEST(value("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = '" + table +
                     "'::regclass") == "t");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(partition_store_, partition_fixture)

BOOST_AUTO_TEST_CASE(makes_the_days_that_are_missing) {
  BOOST_TEST(must(store->ensure(march, march + days{1})) == 2u);
  BOOST_TEST(must(store->ensure(march - days{1}, march + days{2})) == 2u);
  BOOST_TEST(must(store->ensure(march - days{1}, march + days{2})) == 0u);
  BOOST_TEST(attached() == "0229 0301 0302 0303");
}

BOOST_AUTO_TEST_CASE(covers_a_day_from_midnight_to_midnight_utc) {
  must(store->ensure(march, march));
  run("SET timezone = 'Asia/Tokyo'");
  const auto count_today = [&](timestamp t, std::uint32_t n) {
    must(mirror->write(batch_builder{}.event(id_of(n), "{}", t).build()));
    return number("SELECT count(*) FROM events_mirror_20200301");
  };
  BOOST_TEST(count_today(march, 1) == 1);
  BOOST_TEST(count_today(timestamp{march + days{1}} - std::chrono::microseconds{1}, 2) == 2);
  BOOST_TEST(count_today(march + days{1}, 3) == 2);
}

BOOST_AUTO_TEST_CASE(reaches_the_first_and_the_last_year) {
  must(store->ensure(year{1} / 1 / 1, sys_days{year{1} / 1 / 1}));
  must(store->ensure(year{9999} / 12 / 31, sys_days{year{9999} / 12 / 31}));
  put(1, year{1} / 1 / 1);
  put(2, year{9999} / 12 / 31);
  BOOST_TEST(number("SELECT count(*) FROM events_mirror") == 2);
}

BOOST_AUTO_TEST_CASE(gives_new_days_the_key_and_two_indexes_and_nothing_else) {
  must(store->ensure(march, march));
  BOOST_TEST(
      value("SELECT string_agg(am.amname || CASE WHEN x.indisunique THEN '!' ELSE '' END, ' ' "
            "ORDER BY am.amname, x.indisunique) FROM pg_index x JOIN pg_class c ON c.oid = "
            "x.indexrelid JOIN pg_am "
            "am ON am.oid = c.relam WHERE indrelid = 'events_mirror_20200301'::regclass") ==
      "brin btree btree!");
  BOOST_TEST(number("SELECT count(*) FROM pg_constraint WHERE conrelid = "
                    "'events_mirror_20200301'::regclass AND contype = 'c'") == 0);
}

BOOST_AUTO_TEST_CASE(an_attach_does_not_wait_behind_an_open_reader_nor_a_writer) {
  // Both hold their locks until the end: if ATTACH needed more than they allow, it would run into
  // its lock time-out and fail with database_busy.
  auto reader = must(pg::session::open(options));
  must(reader.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM events_mirror"));
  auto writer = must(pg::session::open(options));
  must(
      writer.exec("BEGIN; INSERT INTO events_mirror VALUES (gen_random_uuid(), gen_random_uuid(), "
                  "now(), now(), 1, 1, NULL, 'k', 's', 't', '{}')"));
  BOOST_TEST(must(store->ensure(march, march + days{9})) == 10u);
  must(writer.exec("COMMIT"));
  must(reader.exec("COMMIT"));
  BOOST_TEST(number("SELECT count(*) FROM events_mirror") == 1);
}

BOOST_AUTO_TEST_CASE(an_attach_that_cannot_get_its_lock_is_busy_and_leaves_no_transaction) {
  auto blocker = must(pg::session::open(options));
  must(blocker.exec("BEGIN; LOCK TABLE events_mirror IN SHARE UPDATE EXCLUSIVE MODE"));
  const auto r = store->ensure(march, march);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::database_busy));
  must(blocker.exec("COMMIT"));
  BOOST_TEST(must(store->ensure(march, march)) == 1u);
}

BOOST_AUTO_TEST_CASE(many_makers_at_once_make_each_day_once) {
  std::vector<std::thread> threads;
  std::atomic<std::uint32_t> made{};
  std::atomic<int> failures{};
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      auto mine = open_partition_store(options);
      const auto r = mine ? (*mine)->ensure(march, march + days{40}) : mine.error();
      if (r)
        made += *r;
      else
        ++failures;
    });
  }
  for (auto& t : threads)
    t.join();
  BOOST_TEST(failures == 0);
  BOOST_TEST(made == 41u);
}

BOOST_AUTO_TEST_CASE(drops_days_before_the_first_kept_with_their_events) {
  for (std::uint32_t n = 0; n < 5; ++n)
    put(n, march + days{n});
  BOOST_TEST(drop_before((march + days{3})) == 3u);
  BOOST_TEST(tables() == "0304 0305");
  BOOST_TEST(number("SELECT count(*) FROM events_mirror") == 2);
  BOOST_TEST(drop_before((march + days{3})) == 0u);
  put(0, march);  // a late event of a dropped day has its day made again
  BOOST_TEST(attached() == "0301 0304 0305");
}

BOOST_AUTO_TEST_CASE(a_reader_in_the_way_leaves_the_day_for_the_next_call) {
  put(1, march);
  auto reader = must(pg::session::open(options));
  must(reader.exec("BEGIN; SELECT count(*) FROM events_mirror"));
  const auto r = take_before(march + days{1}, *store);
  BOOST_TEST(r.days_dropped == 0u);
  BOOST_TEST(r.error.starts_with("events_mirror_20200301 is left for the next run"), r.error);
  put(2, march + days{7});  // ingest goes on meanwhile
  must(reader.exec("COMMIT"));
  BOOST_TEST(drop_before((march + days{1})) == 1u);
  BOOST_TEST(tables() == "0308");
}

BOOST_AUTO_TEST_CASE(finishes_a_detach_that_was_cut_short) {
  put(1, march);
  put(2, march + days{1});
  detach_half("events_mirror_20200301");
  put(3, march + days{2});
  BOOST_TEST(drop_before((march + days{2})) == 2u);
  BOOST_TEST(tables() == "0303");
}

BOOST_AUTO_TEST_CASE(events_of_a_day_that_is_half_detached_wait_and_are_never_dead_lettered) {
  put(1, march);
  detach_half("events_mirror_20200301");
  const auto b = batch_builder{}.event(id_of(1), "{}", march).event(id_of(2)).build();
  const auto r = mirror->write(b);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::database_busy));
  drop_before((march + days{1}));
  BOOST_TEST(must(mirror->write(b)).stored == 2u);
}

BOOST_AUTO_TEST_CASE(a_crash_between_detach_and_drop_is_made_good) {
  put(1, march);
  run("COMMENT ON TABLE events_mirror_20200301 IS 'taylordash: detached to be dropped'");
  run("ALTER TABLE events_mirror DETACH PARTITION events_mirror_20200301");
  BOOST_TEST(drop_before((march + days{1})) == 1u);
  BOOST_TEST(tables() == "");
}

BOOST_AUTO_TEST_CASE(a_day_that_a_person_detached_is_left_to_that_person) {
  put(1, march);
  run("ALTER TABLE events_mirror DETACH PARTITION events_mirror_20200301");
  BOOST_TEST(drop_before((march + days{1})) == 0u);
  BOOST_TEST(tables() == "0301");
}

BOOST_AUTO_TEST_CASE(a_detached_day_that_is_needed_again_still_guards_against_duplicates) {
  put(1, march);
  run("ALTER TABLE events_mirror DETACH PARTITION events_mirror_20200301");
  const auto v = must(mirror->write(
      batch_builder{}.event(id_of(1), "{}", march).event(id_of(2), "{}", march).build()));
  BOOST_TEST(v.duplicate == 1u);
  BOOST_TEST(v.stored == 1u);
  BOOST_TEST(attached() == "0301");
}

BOOST_AUTO_TEST_CASE(gives_closed_days_with_events_their_search_indexes_one_day_per_call) {
  const auto today = floor<days>(noon());
  put(1, march);
  put(2, march + days{1});
  put(3, today);
  BOOST_TEST(must(store->index_closed(today)) == 5u);
  BOOST_TEST(number("SELECT count(*) FROM pg_index WHERE indrelid = "
                    "'events_mirror_20200302'::regclass AND indisvalid") == 8);
  BOOST_TEST(must(store->index_closed(today)) == 5u);
  BOOST_TEST(must(store->index_closed(today)) == 0u);
  BOOST_TEST(number("SELECT count(*) FROM pg_indexes WHERE tablename = '" + partition_name(today) +
                    "'") == 3);
}

BOOST_AUTO_TEST_CASE(replaces_an_index_whose_build_did_not_end) {
  put(1, march);
  must(store->index_closed(march + days{1}));
  run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = "
      "'events_mirror_20200301_kind'::regclass");
  BOOST_TEST(must(store->index_closed(march + days{1})) == 1u);
  BOOST_TEST(number("SELECT count(*) FROM pg_index WHERE indrelid = "
                    "'events_mirror_20200301'::regclass AND NOT indisvalid") == 0);
}

BOOST_AUTO_TEST_CASE(one_store_leads_and_the_others_leave_its_work_alone) {
  put(1, march);
  auto other = must(open_partition_store(options));
  BOOST_TEST(must(store->lead()));
  BOOST_TEST(must(store->lead()));
  BOOST_TEST(!must(other->lead()));
  BOOST_TEST(take_before(march + days{1}, *other).days_dropped == 0u);
  BOOST_TEST(must(other->index_closed(march + days{1})) == 0u);
  BOOST_TEST(tables() == "0301");
  store.reset();
  await(eye, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  BOOST_TEST(must(other->lead()));
  BOOST_TEST(take_before(march + days{1}, *other).days_dropped == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
