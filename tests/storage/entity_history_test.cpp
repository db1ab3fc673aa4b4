#include "storage/entity_history.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/storage/tracker_fixture.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

struct history_fixture : tracker_fixture {
  std::unique_ptr<entity_history> history = make_entity_history(connection);
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));

  /// As the pipeline would bring them: what the outbox holds, stored.
  void bring_home() {
    const auto rows =
        must(eye.exec("SELECT event_id, (extract(epoch FROM occurred_at) * 1000000)::bigint, kind, "
                      "body::json ->> 'payload' FROM outbox_events ORDER BY id"));
    batch_builder b;
    for (int i = 0; i < rows.size(); ++i) {
      b.event(*parse_uuid(rows.text(i, 0)), rows.text(i, 3), rows.time(i, 1), rows.text(i, 2));
    }
    must(mirror->write(b.build()));
  }

  std::string kinds(const uuid& id, std::size_t limit = 50) {
    std::string out, cursor;
    do {
      const auto page = must(history->read(entity_kind::task, id, cursor, limit));
      BOOST_TEST(!page.only_own_today);
      for (const auto& e : page.events)
        out += (out.empty() ? "" : " ") + e.kind;
      cursor = page.next;
    } while (!cursor.empty());
    return out;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(entity_history_, history_fixture)

BOOST_AUTO_TEST_CASE(shows_what_happened_to_an_entity_newest_first_whoever_said_it) {
  const auto mine = add_task("Mine");
  add_task("Other");
  must(tasks->update(mine.id, 1, titled("Changed"), anna));
  must(tasks->archive(mine.id, 2, anna));
  bring_home();
  const auto said = R"({"task_id":")" + to_string(mine.id) + R"(","note":"from elsewhere"})";
  must(mirror->write(batch_builder{}
                         .event(id_of(1, 3), said, now() - 24h, "task_commented")
                         .event(id_of(2, 3), R"({"task_id":"x"})", now() - 24h, "task_commented")
                         .build()));
  const auto all = "task_archived task_updated task_created task_commented";
  BOOST_TEST(kinds(mine.id) == all);
  BOOST_TEST(kinds(mine.id, 1) == all);
  BOOST_TEST(kinds(mine.id, 2) == all);
  BOOST_TEST(kinds(id_of(5)) == "");
  const auto page = must(history->read(entity_kind::task, mine.id, "", 1));
  BOOST_TEST(boost::json::parse(page.events.at(0).payload).at("actor").as_string() == "anna");
  BOOST_TEST(must(history->read(entity_kind::project, pay.id, "", 50)).events.size() == 5u);
}

BOOST_AUTO_TEST_CASE(what_is_no_cursor_or_limit_is_refused) {
  for (const auto* cursor : {"x", "1", "-", "1-", "1-x", "-5-01000000-0000-0000-0000-000000000001",
                             "99999999999999999999-01000000-0000-0000-0000-000000000001"}) {
    BOOST_TEST((why_not(history->read(entity_kind::task, id_of(1), cursor, 5)).code ==
                errc::value_invalid),
               cursor);
  }
  BOOST_TEST(why_not(history->read(entity_kind::task, id_of(1), "", 0)).pointer == "/limit");
  BOOST_TEST(why_not(history->read(entity_kind::task, id_of(1), "", 201)).pointer == "/limit");
}

/// An operator that sleeps makes the search of today as slow as that of a day that is too large.
BOOST_AUTO_TEST_CASE(a_day_that_takes_too_long_still_shows_our_own_writes) {
  const auto mine = add_task("Mine");
  bring_home();
  run("CREATE FUNCTION slow(jsonb, jsonb) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_sleep(10); RETURN true; END $$; "
      "CREATE OPERATOR public.@> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = slow); "
      "ALTER DATABASE " +
      name + " SET search_path = public, pg_catalog");
  must(history->reconnect());
  const auto page = must(history->read(entity_kind::task, mine.id, "", 50));
  BOOST_TEST(page.only_own_today);
  BOOST_REQUIRE(page.events.size() == 1u);
  BOOST_TEST(page.events[0].kind == "task_created");
}

BOOST_AUTO_TEST_SUITE_END()
