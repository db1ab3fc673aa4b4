#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

struct refusal_fixture : fresh_database {
  std::unique_ptr<mirror_store> store = must(open_mirror_store(options));

  /// From now on the server refuses events whose payload has the key "bad".
  void forbid_bad() {
    run("ALTER TABLE events_mirror ADD CONSTRAINT nothing_bad CHECK (NOT payload ? 'bad')");
  }
  std::int64_t rows() { return number("SELECT count(*) FROM events_mirror"); }
};

constexpr const char* bad = R"({"bad":1})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mirror_refusal, refusal_fixture)

BOOST_AUTO_TEST_CASE(one_bad_row_of_4000_is_dead_lettered_and_the_rest_stored) {
  forbid_bad();
  watch_ways();
  const auto v = must(store->write(
      batch_builder{}.events(0, 1234).event(id_of(9999), bad).events(1234, 2765).build()));
  BOOST_TEST(v.stored == 3999u);
  BOOST_TEST(v.dead_lettered == 1u);
  BOOST_TEST(rows() == 3999);
  BOOST_TEST(number("SELECT count(*) FROM mirror_batches") == 1);
  const auto id = to_string(id_of(9999));
  BOOST_TEST(
      value("SELECT stage = 'mirror' AND code = 'refused_by_database' AND status = 'open' "
            "AND detail LIKE '%nothing_bad%(SQLSTATE 23514)' AND event_id = '" +
            id +
            "' AND occurred_at IS NOT NULL AND kind = 'task_updated' AND source = 'sensor-7' "
            "AND convert_from(raw, 'UTF8') = '{\"bad\":1}' FROM dlq_events") == "t");
  BOOST_TEST(ways().starts_with("isolate"));
  must(store->write(batch_builder{}.events(5000, 10).build()));
  BOOST_TEST(ways() == "copy");  // one bad row makes nobody wary of duplicates
}

BOOST_AUTO_TEST_CASE(values_that_only_the_server_refuses) {
  const std::string long_number(200000, '9');
  const auto v = must(store->write(batch_builder{}
                                       .event(id_of(1), R"({"n": )" + long_number + "}")
                                       .event(id_of(2), R"({"s": "\u0000"})")
                                       .event(id_of(3), "{\"s\": \"\xff\"}")
                                       .event(id_of(4), "{")
                                       .event(id_of(5), "{}", noon(), std::string_view{"a\0b", 3})
                                       .event(id_of(6))
                                       .build()));
  BOOST_TEST(v.stored == 1u);
  BOOST_TEST(v.dead_lettered == 5u);
  BOOST_TEST(number("SELECT count(DISTINCT detail) FROM dlq_events") >= 4);
  BOOST_TEST(value("SELECT kind = 'a' || U&'\\FFFD' || 'b' FROM dlq_events WHERE event_id = '" +
                   to_string(id_of(5)) + "'") == "t");
}

BOOST_AUTO_TEST_CASE(a_batch_of_nothing_but_refused_rows) {
  forbid_bad();
  batch_builder b;
  for (std::uint32_t n = 0; n < 4000; ++n)
    b.event(id_of(n), R"({"bad":)" + std::to_string(n) + "}");
  const auto v = must(store->write(b.build()));
  BOOST_TEST(v.stored == 0u);
  BOOST_TEST(v.dead_lettered == 4000u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_events") == 4000);
  BOOST_TEST(number("SELECT count(DISTINCT fingerprint) FROM dlq_events") == 1);
}

BOOST_AUTO_TEST_CASE(refused_rows_duplicates_and_conflicts_in_one_batch) {
  forbid_bad();
  must(store->write(batch_builder{}.events(0, 100).build()));
  const auto v = must(store->write(batch_builder{}
                                       .events(50, 100)                  // half duplicates
                                       .event(id_of(500), bad)           //
                                       .event(id_of(1), R"({"n":2})")    // conflict
                                       .event(id_of(500), R"({"n":1})")  // its id is free
                                       .reject("not json")               //
                                       .build()));
  BOOST_TEST(v.stored == 51u);
  BOOST_TEST(v.duplicate == 51u);
  BOOST_TEST(v.dead_lettered == 2u);
  BOOST_TEST(v.payload_conflicts == 1u);
  BOOST_TEST(rows() == 151);
}

BOOST_AUTO_TEST_CASE(a_refused_event_that_comes_again_is_one_dead_letter) {
  forbid_bad();
  for (int n = 0; n < 3; ++n)
    must(store->write(batch_builder{}.event(id_of(1), bad).build()));
  const auto v =
      must(store->write(batch_builder{}.event(id_of(1), bad).event(id_of(2), bad).build()));
  BOOST_TEST(v.dead_lettered == 2u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_events") == 1);  // the same bytes on the same topic
  BOOST_TEST(number("SELECT attempts FROM dlq_events") == 5);
}

BOOST_AUTO_TEST_CASE(an_error_that_is_no_row_s_fault_stores_nothing) {
  run("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF NEW.payload ? 'bad' THEN RAISE 'odd' USING ERRCODE = 'XX001'; END IF; "
      "RETURN NEW; END $$; CREATE TRIGGER fail BEFORE INSERT ON events_mirror FOR EACH ROW "
      "EXECUTE FUNCTION fail()");
  const auto direct = store->write(batch_builder{}.events(0, 5).event(id_of(7), bad).build());
  BOOST_TEST_REQUIRE(!direct);
  BOOST_TEST((direct.error().code == errc::internal));
  const auto isolated =
      store->write(batch_builder{}.event(id_of(8), "{").event(id_of(7), bad).build());
  BOOST_TEST_REQUIRE(!isolated);
  BOOST_TEST((isolated.error().code == errc::internal));
  BOOST_TEST(rows() == 0);
  BOOST_TEST(number("SELECT count(*) FROM dlq_events") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
