#include <boost/test/unit_test.hpp>

#include "storage/dead_letter_rows.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

struct dead_letter_fixture : fresh_database {
  std::unique_ptr<mirror_store> store = must(open_mirror_store(options));
};

}  // namespace

BOOST_AUTO_TEST_SUITE(dead_letter_rows_)

BOOST_AUTO_TEST_CASE(hashes_like_the_standard_says) {
  // FIPS 180-4, examples of NIST.
  BOOST_TEST(to_hex(sha256_of("abc")) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(to_hex(sha256_of("")) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  sha256 hasher;
  BOOST_TEST((delivery_hash(hasher, "t", "raw") == sha256_of(std::string_view{"t\0raw", 5})));
  BOOST_TEST((delivery_hash(hasher, "tr", "aw") != delivery_hash(hasher, "t", "raw")));
}

BOOST_AUTO_TEST_CASE(makes_any_bytes_a_storable_text) {
  const auto fit = [](std::string_view t) { return storable_text(t, 100); };
  BOOST_TEST(fit("plain ü") == "plain ü");
  BOOST_TEST(fit(std::string_view{"a\0b", 3}) ==
             "a\xef\xbf\xbd"
             "b");
  BOOST_TEST(fit("\xff\xfe") == "\xef\xbf\xbd\xef\xbf\xbd");
  BOOST_TEST(fit("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
  BOOST_TEST(fit("\xc3") == "\xef\xbf\xbd");
  BOOST_TEST(storable_text("aüb", 2) == "a");  // never half a character
  BOOST_TEST(storable_text("aüb", 3) == "aü");
}

BOOST_AUTO_TEST_CASE(groups_failures_of_one_kind) {
  sha256 h;
  const auto at = [&h](const char* pointer) {
    return fingerprint_of(h, {"scan", errc::not_json, "", pointer});
  };
  BOOST_TEST(at("/payload/items/3/name") == at("/payload/items/17/name"));
  BOOST_TEST(at("/payload/items/3/name") != at("/payload/items/3/title"));
  BOOST_TEST(at("") != at("/"));
  BOOST_TEST(at("") != fingerprint_of(h, {"scan", errc::not_utf8, "", ""}));
  BOOST_TEST(at("") != fingerprint_of(h, {"envelope", errc::not_json, "", ""}));
  BOOST_TEST(at("").size() == 16u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(dead_letters, dead_letter_fixture)

BOOST_AUTO_TEST_CASE(keep_the_raw_bytes_and_the_reason) {
  const std::string_view body{"{\"a\": \xff\0}", 9};
  const std::string_view topic{"tracker/\xff\0events", 16};
  const auto v = must(store->write(
      batch_builder{}.from(4).reject(body, errc::not_utf8, "/payload/3", topic).build()));
  BOOST_TEST(v.dead_lettered == 1u);
  BOOST_TEST(v.total() == 1u);
  BOOST_TEST(value("SELECT raw = '\\x7b2261223a20ff007d' AND code = 'not_utf8' AND stage = 'scan' "
                   "AND detail = 'expected a value at byte 3' AND pointer = '/payload/3' "
                   "AND topic = 'tracker/' || U&'\\FFFD' || U&'\\FFFD' || 'events' "
                   "AND attempts = 1 AND status = 'open' AND lane = 4 "
                   "AND event_id IS NULL AND first_failure = last_failure "
                   "AND batch_id = (SELECT batch_id FROM mirror_batches) FROM dlq_events") == "t");
  // The hash is of what was delivered, not of what could be shown.
  BOOST_TEST(value("SELECT delivery_hash = sha256('\\x747261636b65722fff006576656e747300'::bytea "
                   "|| raw) FROM dlq_events") == "t");
  BOOST_TEST(
      value("SELECT first_occurred_at IS NULL AND last_occurred_at IS NULL AND dead_lettered "
            "= 1 FROM mirror_batches") == "t");
}

BOOST_AUTO_TEST_CASE(delivered_again_raise_attempts_and_take_the_latest_reason) {
  must(store->write(batch_builder{}.reject("x", errc::not_json).build()));
  run("UPDATE dlq_events SET first_failure = first_failure - interval '1 day', "
      "last_failure = last_failure - interval '1 day', status = 'replayed'");
  must(store->write(batch_builder{}.reject("x", errc::too_deep).reject("y").build()));
  BOOST_TEST(number("SELECT count(*) FROM dlq_events") == 2);
  BOOST_TEST(value("SELECT attempts = 2 AND code = 'too_deep' AND status = 'open' AND "
                   "last_failure > first_failure + interval '23 hours' FROM dlq_events WHERE raw = "
                   "'x'") == "t");
}

BOOST_AUTO_TEST_CASE(that_a_person_discarded_stay_discarded) {
  must(store->write(batch_builder{}.reject("x").build()));
  run("UPDATE dlq_events SET status = 'discarded'");
  must(store->write(batch_builder{}.reject("x").build()));
  BOOST_TEST(value("SELECT attempts = 2 AND status = 'discarded' FROM dlq_events") == "t");
}

BOOST_AUTO_TEST_CASE(that_are_equal_within_a_batch_are_one_row_with_all_attempts) {
  batch_builder b;
  for (int n = 0; n < 30; ++n)
    b.reject("body " + std::to_string(n % 3));
  const auto v =
      must(store->write(b.reject("body 0", errc::not_json, "", "another/topic").build()));
  BOOST_TEST(v.dead_lettered == 31u);
  BOOST_TEST(value("SELECT string_agg(attempts::text, ' ' ORDER BY attempts) FROM dlq_events") ==
             "1 10 10 10");
}

BOOST_AUTO_TEST_CASE(of_a_batch_that_is_all_invalid_are_all_kept) {
  batch_builder b;
  for (int n = 0; n < 4000; ++n)
    b.reject("body " + std::to_string(n));
  BOOST_TEST(must(store->write(b.build())).dead_lettered == 4000u);
  BOOST_TEST(number("SELECT count(*) FROM dlq_events") == 4000);
}

BOOST_AUTO_TEST_CASE(go_with_the_events_of_their_batch_or_not_at_all) {
  run("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'odd'; END $$; "
      "CREATE TRIGGER fail BEFORE INSERT ON dlq_events EXECUTE FUNCTION fail()");
  const auto r = store->write(batch_builder{}.events(0, 3).reject("x").build());
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST(number("SELECT count(*) FROM events_mirror") == 0);
  run("DROP TRIGGER fail ON dlq_events");
  BOOST_TEST(must(store->write(batch_builder{}.events(0, 3).reject("x").build())).total() == 4u);
}

BOOST_AUTO_TEST_CASE(cannot_be_swallowed_unseen) {
  run("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; "
      "CREATE TRIGGER swallow BEFORE INSERT ON dlq_events FOR EACH ROW EXECUTE FUNCTION swallow()");
  const auto r = store->write(batch_builder{}.events(0, 3).reject("x").build());
  BOOST_TEST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::accounting_mismatch));
  BOOST_TEST(number("SELECT count(*) FROM events_mirror") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
