#include "storage/event_journey.hpp"

#include <boost/test/unit_test.hpp>

#include "storage/consumer_store.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

struct travelled : fresh_database {
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));

  std::unique_ptr<consumer_store> consumer(const std::string& called, std::string kind = "") {
    consumer_options c{.name = called, .from_the_start = true, .retries = {.attempts = 2}};
    if (!kind.empty()) c.kinds = {std::move(kind)};
    auto s = must(open_consumer_store(options, c));
    must(s->lead());
    return s;
  }
  /// One event of the trace id_of(n): the fixtures' trace id is the event's own.
  void event(std::uint32_t n, timestamp at = noon()) {
    must(mirror->write(batch_builder{}.from(3).event(id_of(n), R"({"n":1})", at).build()));
  }
  journey_stage only_stage(std::uint32_t n) {
    const auto j = must(journey_of(eye, id_of(n)));
    BOOST_REQUIRE(j.stages.size() == 1u);
    return j.stages.front();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(event_journeys)

BOOST_AUTO_TEST_CASE(tell_when_an_event_occurred_came_and_was_committed_by_which_lane) {
  travelled db;
  db.event(1);
  const auto s = db.only_stage(1);
  BOOST_TEST((s.event.event_id == id_of(1)));
  BOOST_TEST((s.event.occurred_at == noon()));
  BOOST_TEST((s.position == 1));
  BOOST_TEST((s.lane == 3));
  BOOST_REQUIRE(s.committed_at.has_value());
  BOOST_TEST((s.event.received_at <= *s.committed_at));
  BOOST_TEST(s.deliveries.empty());
  BOOST_TEST(must(journey_of(db.eye, id_of(2))).stages.empty());
}

BOOST_AUTO_TEST_CASE(follow_each_delivery_from_waiting_to_its_end) {
  travelled db;
  auto quick = db.consumer("quick");
  auto clumsy = db.consumer("clumsy");
  auto other = db.consumer("other", "task_deleted");
  db.event(1);
  const auto states = [&] {
    std::string all;
    for (const auto& d : db.only_stage(1).deliveries) {
      all += (all.empty() ? "" : " ") + d.consumer + "=" + std::string{name_of(d.state)};
      BOOST_TEST((d.state == delivery_state::retrying) == d.next_attempt.has_value());
      const bool failed =
          d.state == delivery_state::retrying || d.state == delivery_state::dead_lettered;
      BOOST_TEST(d.code == (failed ? "consumer_failed" : ""));
    }
    return all;
  };
  BOOST_TEST(states() == "clumsy=waiting quick=waiting");
  must(quick->settle(must(quick->next(10)), {}));
  BOOST_TEST(states() == "clumsy=waiting quick=delivered");
  const std::vector failed{delivery_failure{0, {errc::consumer_failed, "the till is closed"}}};
  must(clumsy->settle(must(clumsy->next(10)), failed));
  BOOST_TEST(states() == "clumsy=retrying quick=delivered");
  db.run("UPDATE consumer_deliveries SET next_attempt = now() - interval '1 s'");
  must(clumsy->settle_due(must(clumsy->due(10)), failed));
  BOOST_TEST(states() == "clumsy=dead_lettered quick=delivered");
}

BOOST_AUTO_TEST_CASE(are_in_order_of_time_and_say_when_there_is_more) {
  travelled db;
  for (const std::uint32_t n : {3u, 1u, 2u})
    db.event(n, noon() + std::chrono::seconds{n});
  db.run("UPDATE events_mirror SET trace_id = '" + to_string(id_of(9)) + "'");
  const auto all = must(journey_of(db.eye, id_of(9)));
  BOOST_REQUIRE(all.stages.size() == 3u);
  BOOST_TEST(!all.more);
  for (std::uint32_t n = 0; n < 3; ++n)
    BOOST_TEST((all.stages[n].event.event_id == id_of(n + 1)));
  const auto two = must(journey_of(db.eye, id_of(9), 2));
  BOOST_TEST(two.stages.size() == 2u);
  BOOST_TEST(two.more);
}

BOOST_AUTO_TEST_CASE(outlive_the_journal) {
  travelled db;
  auto quick = db.consumer("quick");
  db.event(1);
  must(quick->settle(must(quick->next(10)), {}));
  db.run("DELETE FROM mirror_batches");
  const auto s = db.only_stage(1);
  BOOST_TEST(!s.position.has_value());
  BOOST_TEST(!s.committed_at.has_value());
  BOOST_REQUIRE(s.deliveries.size() == 1u);
  BOOST_TEST((s.deliveries.front().state == delivery_state::delivered));
}

BOOST_AUTO_TEST_SUITE_END()
