#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

struct mirror_fixture : fresh_database {
  std::unique_ptr<mirror_store> store = must(open_mirror_store(options));

  verdict write(const checked_batch& b) { return must(store->write(b)); }
  std::int64_t rows() { return number("SELECT count(*) FROM events_mirror"); }
};

void check_counts(const verdict& v, std::uint32_t stored, std::uint32_t duplicate,
                  std::uint32_t dead_lettered, std::uint32_t conflicts = 0) {
  BOOST_TEST(v.stored == stored);
  BOOST_TEST(v.duplicate == duplicate);
  BOOST_TEST(v.dead_lettered == dead_lettered);
  BOOST_TEST(v.payload_conflicts == conflicts);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mirror_store_, mirror_fixture)

BOOST_AUTO_TEST_CASE(stores_a_batch_with_everything_it_knows) {
  const auto t = noon() + 123456us;
  auto b = batch_builder{}
               .from(3, 7, 9)
               .event(id_of(2), R"({"b": [1, 2.5, "ü"]})", t, "task_updated")
               .event(id_of(1), R"({"a": null})", t - 1h, "project_created")
               .build();
  b.events[0].schema_version = 4;
  const auto before = now();
  const auto v = write(b);
  check_counts(v, 2, 0, 0);
  BOOST_TEST((v.of == origin{3, 7, 9}));
  BOOST_TEST(v.position == 1);
  BOOST_TEST((v.committed_at >= before && v.committed_at <= now()));

  const auto r = must(eye.exec("SELECT * FROM events_mirror ORDER BY batch_index"));
  BOOST_TEST_REQUIRE(r.size() == 2);
  const auto utc = to_rfc3339(t);
  BOOST_TEST(value("SELECT event_id = '" + to_string(id_of(2)) +
                   "' AND trace_id = event_id "
                   "AND occurred_at = '" +
                   utc +
                   "' AND schema_version = 4 "
                   "AND kind = 'task_updated' AND source = 'sensor-7' "
                   "AND topic = 'tracker/events/tasks/updated' "
                   "AND payload = '{\"b\": [1, 2.5, \"ü\"]}' AND received_at <= now() "
                   "FROM events_mirror WHERE batch_index = 0") == "t");
  BOOST_TEST(value("SELECT schema_version IS NULL AND kind = 'project_created' "
                   "AND payload = '{\"a\": null}' FROM events_mirror WHERE batch_index = 1") ==
             "t");
  BOOST_TEST(value("SELECT (lane, epoch, number, stored, duplicate, dead_lettered) = "
                   "(3, 7, 9, 2, 0, 0) AND last_occurred_at = '" +
                   utc +
                   "' AND first_occurred_at = last_occurred_at - interval '1 hour' "
                   "AND batch_id = ALL (SELECT batch_id FROM events_mirror) "
                   "FROM mirror_batches") == "t");
}

BOOST_AUTO_TEST_CASE(keeps_the_order_of_the_broker_in_batch_index) {
  batch_builder b;
  for (std::uint32_t n : {5u, 1u, 4u, 2u, 3u})
    b.event(id_of(n));
  write(b.build());
  BOOST_TEST(value("SELECT string_agg(right(event_id::text, 1), '' ORDER BY batch_index) "
                   "FROM events_mirror") == "51423");
}

BOOST_AUTO_TEST_CASE(stores_an_event_larger_than_the_copy_buffer) {
  const std::string large = R"({"text": ")" + std::string(3u << 20, 'x') + R"("})";
  check_counts(write(batch_builder{}.event(id_of(1)).event(id_of(2), large).build()), 2, 0, 0);
  BOOST_TEST(number("SELECT length(payload->>'text') FROM events_mirror "
                    "ORDER BY batch_index DESC LIMIT 1") == 3 << 20);
}

BOOST_AUTO_TEST_CASE(takes_the_fast_path_until_duplicates_come_and_again_after_them) {
  watch_ways();
  write(batch_builder{}.events(0, 10).build());
  BOOST_TEST(ways() == "copy");
  check_counts(write(batch_builder{}.events(5, 10).build()), 5, 5, 0);
  BOOST_TEST(ways() == "merge");
  std::uint32_t next = 100;
  for (int clean = 0; clean < 16; ++clean)
    write(batch_builder{}.events(next++, 1).build());
  write(batch_builder{}.events(next++, 1).build());
  BOOST_TEST(ways() ==
             "merge merge merge merge merge merge merge merge merge merge merge merge "
             "merge merge merge merge copy");
}

BOOST_AUTO_TEST_CASE(a_redelivered_batch_is_all_duplicates) {
  check_counts(write(batch_builder{}.events(0, 4000).build()), 4000, 0, 0);
  for (int again = 0; again < 3; ++again)
    check_counts(write(batch_builder{}.events(0, 4000).build()), 0, 4000, 0);
  BOOST_TEST(rows() == 4000);
  BOOST_TEST(number("SELECT sum(duplicate) FROM mirror_batches") == 12000);
}

BOOST_AUTO_TEST_CASE(an_event_twice_in_one_batch_is_stored_once) {
  watch_ways();
  const auto v = write(batch_builder{}.events(0, 3).events(1, 3).event(id_of(1)).build());
  check_counts(v, 4, 3, 0);
  BOOST_TEST(ways() == "merge");
  BOOST_TEST(rows() == 4);
  BOOST_TEST(number("SELECT batch_index FROM events_mirror WHERE event_id = '" +
                    to_string(id_of(1)) + "'") == 1);
}

BOOST_AUTO_TEST_CASE(the_same_id_with_another_content_is_a_duplicate_and_counted) {
  write(
      batch_builder{}.event(id_of(1), R"({"n":1,"m":2})").event(id_of(2)).event(id_of(3)).build());
  const auto v = write(batch_builder{}
                           .event(id_of(1), R"({ "m": 2, "n": 1 })")  // the same jsonb
                           .event(id_of(2), R"({"n":2})")
                           .event(id_of(3), R"({"n":1})", noon(), "task_created")
                           .build());
  check_counts(v, 0, 3, 0, 2);
  BOOST_TEST(value("SELECT payload FROM events_mirror WHERE event_id = '" + to_string(id_of(2)) +
                   "'") == R"({"n": 1})");
  const auto inside = write(batch_builder{}
                                .event(id_of(9), R"({"n":1})")
                                .event(id_of(9), R"({"n":2})")
                                .event(id_of(9), R"({"n":1})")
                                .build());
  check_counts(inside, 1, 2, 0, 1);
  BOOST_TEST(value("SELECT payload FROM events_mirror WHERE event_id = '" + to_string(id_of(9)) +
                   "'") == R"({"n": 1})");
}

BOOST_AUTO_TEST_CASE(the_same_id_with_another_time_is_another_event) {
  const auto v = write(batch_builder{}
                           .event(id_of(1), "{}", noon())
                           .event(id_of(1), "{}", noon() + 1us)
                           .event(id_of(1), "{}", noon() - 24h)
                           .build());
  check_counts(v, 3, 0, 0);
  check_counts(write(batch_builder{}.event(id_of(1), "{}", noon() + 1us).build()), 0, 1, 0);
}

BOOST_AUTO_TEST_CASE(makes_a_missing_partition_and_stores_instead_of_dead_lettering) {
  watch_ways();
  const auto old = noon() - 24h * 400;
  const auto v = write(batch_builder{}
                           .event(id_of(1), "{}", old)
                           .event(id_of(2))
                           .event(id_of(3), "{}", old - 48h)
                           .build());
  check_counts(v, 3, 0, 0);
  BOOST_TEST(ways() == "copy");
  BOOST_TEST(number("SELECT count(DISTINCT tableoid) FROM events_mirror") == 3);
}

BOOST_AUTO_TEST_CASE(makes_a_missing_partition_on_every_path) {
  write(batch_builder{}.event(id_of(1)).build());
  watch_ways();
  const auto old = noon() - 24h * 400;
  check_counts(write(batch_builder{}.event(id_of(1)).event(id_of(2), "{}", old).build()), 1, 1, 0);
  BOOST_TEST(ways() == "merge");
  const auto v =
      write(batch_builder{}.event(id_of(3), "{broken").event(id_of(4), "{}", old - 24h).build());
  check_counts(v, 1, 0, 1);
  BOOST_TEST(rows() == 3);
}

BOOST_AUTO_TEST_CASE(dead_letters_a_time_that_no_partition_can_hold) {
  const auto v = write(batch_builder{}
                           .event(id_of(1), "{}", timestamp::max())
                           .event(id_of(2), "{}", timestamp::min())
                           .event(id_of(3))
                           .build());
  check_counts(v, 1, 0, 2);
  BOOST_TEST(value("SELECT bool_and(occurred_at IS NULL AND event_id IS NOT NULL AND code = "
                   "'refused_by_database') FROM dlq_events") == "t");
}

BOOST_AUTO_TEST_CASE(an_empty_batch_needs_no_transaction) {
  const auto v = write(batch_builder{}.from(2).build());
  check_counts(v, 0, 0, 0);
  BOOST_TEST(v.of.lane == 2);
  BOOST_TEST(number("SELECT count(*) FROM mirror_batches") == 0);
}

BOOST_AUTO_TEST_CASE(refuses_a_batch_that_does_not_add_up) {
  auto b = batch_builder{}.events(0, 3).build();
  b.events.pop_back();
  const auto r = store->write(b);
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::accounting_mismatch));
  BOOST_TEST(rows() == 0);
}

BOOST_AUTO_TEST_CASE(commits_nothing_when_something_swallows_rows) {
  run("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF NEW.payload ? 'vanish' THEN RETURN NULL; END IF; RETURN NEW; END $$; "
      "CREATE TRIGGER swallow BEFORE INSERT ON events_mirror FOR EACH ROW EXECUTE FUNCTION "
      "swallow()");
  const auto swallowed = [&](batch_builder b) {
    const auto r = store->write(b.event(id_of(1)).event(id_of(2), R"({"vanish":1})").build());
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error().code == errc::accounting_mismatch));
    BOOST_TEST(number("SELECT count(*) FROM mirror_batches") == 0);
    BOOST_TEST(rows() == 0);
  };
  swallowed(batch_builder{});                             // direct
  swallowed(batch_builder{}.event(id_of(1)));             // merge: a repeat
  swallowed(batch_builder{}.event(id_of(3), "{broken"));  // isolate
  check_counts(write(batch_builder{}.event(id_of(1)).build()), 1, 0, 0);
}

BOOST_AUTO_TEST_CASE(leaves_no_transaction_and_no_staged_row_behind) {
  write(batch_builder{}.events(0, 5).reject("x").build());
  write(batch_builder{}.events(0, 5).reject("x").build());
  write(batch_builder{}.events(0, 5).event(id_of(9), "{broken").build());
  BOOST_TEST(number("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in tr%' AND "
                    "datname = current_database()") == 0);
  BOOST_TEST(value("SELECT coalesce(max(pg_relation_size(oid)), 0) FROM pg_class WHERE relkind = "
                   "'r' AND relpersistence = 't'") == "0");
}

BOOST_AUTO_TEST_CASE(numbers_survive_a_new_connection) {
  const auto first = write(batch_builder{}.events(0, 1).build());
  must(store->reconnect());
  const auto second = write(batch_builder{}.events(1, 1).build());
  BOOST_TEST(second.position == first.position + 1);
  BOOST_TEST(number("SELECT count(DISTINCT batch_id) FROM events_mirror") == 2);
  must(store->ping());
}

BOOST_AUTO_TEST_SUITE_END()
