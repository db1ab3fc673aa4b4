#include "storage/consumer_store.hpp"

#include <set>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

struct consumer_fixture : fresh_database {
  std::unique_ptr<mirror_store> mirror = must(open_mirror_store(options));
  consumer_options billing{.name = "billing", .from_the_start = true, .retries = {.attempts = 3}};
  std::unique_ptr<consumer_store> one = open();

  std::unique_ptr<consumer_store> open() { return must(open_consumer_store(options, billing)); }

  void write(std::uint32_t first, std::uint32_t count) {
    must(mirror->write(batch_builder{}.events(first, count).build()));
  }

  /// Follows to the end; returns the ids in the order in which they came.
  std::vector<uuid> follow(consumer_store& s, std::size_t most) {
    std::vector<uuid> ids;
    for (;;) {
      const auto stretch = must(s.next(most));
      if (!stretch.moved) return ids;
      BOOST_REQUIRE(stretch.events.size() <= most);
      for (const auto& e : stretch.events)
        ids.push_back(e.event_id);
      must(s.settle(stretch, {}));
    }
  }

  /// The deliveries that wait are due from now on.
  void hasten() { run("UPDATE consumer_deliveries SET next_attempt = now() - interval '1 s'"); }

  static delivery_failure failed(std::size_t index, bool final = false) {
    return {index, {errc::consumer_failed, "the till is closed"}, final};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_store_, consumer_fixture)

BOOST_AUTO_TEST_CASE(follows_the_journal_in_order_without_skip_or_repeat) {
  for (const std::size_t most : {1u, 7u, 1000u}) {
    billing.name = "most-" + std::to_string(most);
    auto s = open();
    BOOST_TEST(must(s->lead()));
    if (most == 1) {
      for (std::uint32_t n = 0; n < 6; ++n)
        write(n * 100, 5 + n);
      write(0, 3);  // duplicates: a batch without rows
    }
    std::vector<uuid> expected;
    for (std::uint32_t n = 0; n < 6; ++n) {
      for (std::uint32_t i = 0; i < 5 + n; ++i)
        expected.push_back(id_of(n * 100 + i));
    }
    BOOST_TEST((follow(*s, most) == expected));
    BOOST_TEST(!must(s->next(most)).moved);
  }
}

BOOST_AUTO_TEST_CASE(hands_out_the_native_envelope) {
  must(mirror->write(
      batch_builder{}.event(id_of(1), R"({"a":{"b":[1,"zwei"]}})", noon() + 123456us).build()));
  BOOST_TEST(must(one->lead()));
  const auto stretch = must(one->next(10));
  BOOST_REQUIRE(stretch.events.size() == 1u);
  const auto& d = stretch.events.front();
  const auto e = boost::json::parse(d.event).as_object();
  BOOST_TEST(e.at("event_id").as_string() == to_string(id_of(1)));
  BOOST_TEST(e.at("occurred_at").as_string() == to_rfc3339(noon() + 123456us));
  BOOST_TEST(e.at("kind").as_string() == "task_updated");
  BOOST_TEST(e.at("source").as_string() == "sensor-7");
  BOOST_TEST((e.at("payload") == boost::json::parse(R"({"a":{"b":[1,"zwei"]}})")));
  BOOST_TEST(d.topic == "tracker/events/tasks/updated");
  BOOST_TEST((d.occurred_at == noon() + 123456us));
}

BOOST_AUTO_TEST_CASE(what_was_not_settled_comes_again_after_a_crash) {
  write(0, 10);
  BOOST_TEST(must(one->lead()));
  must(one->settle(must(one->next(4)), {}));
  BOOST_TEST(must(one->next(4)).events.size() == 4u);  // handed out, never settled
  one.reset();
  auto two = open();
  BOOST_TEST(must(two->lead()));
  const auto rest = follow(*two, 100);
  BOOST_TEST(rest.size() == 6u);
  BOOST_TEST((rest.front() == id_of(4)));
}

BOOST_AUTO_TEST_CASE(one_node_at_a_time_serves_a_consumer) {
  auto two = open();
  BOOST_TEST(must(one->lead()));
  BOOST_TEST(!must(two->lead()));
  BOOST_TEST((two->next(1).error().code == errc::lease_lost));
  must(one->reconnect());  // loses the lease
  BOOST_TEST((one->next(1).error().code == errc::lease_lost));
  await(eye, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND classid = " +
                 std::to_string(0x54440007));
  BOOST_TEST(must(two->lead()));
}

BOOST_AUTO_TEST_CASE(who_lost_the_consumer_cannot_move_it) {
  write(0, 4);
  BOOST_TEST(must(one->lead()));
  const auto stretch = must(one->next(4));
  run("UPDATE consumers SET batch_index = 1");  // somebody else has moved it
  BOOST_TEST((one->settle(stretch, {}).error().code == errc::lease_lost));
  BOOST_TEST(number("SELECT batch_index FROM consumers") == 1);
}

BOOST_AUTO_TEST_CASE(a_new_consumer_begins_behind_the_newest_event_unless_told_otherwise) {
  write(0, 4);
  billing.name = "late";
  billing.from_the_start = false;
  auto late = open();
  BOOST_TEST(must(late->lead()));
  BOOST_TEST(follow(*late, 100).empty());
  write(100, 2);
  BOOST_TEST(follow(*late, 100).size() == 2u);
}

BOOST_AUTO_TEST_CASE(only_its_topics_and_kinds_reach_it) {
  billing.name = "picky";
  billing.topic_prefix = "tracker/events/tasks/";
  billing.kinds = {"task_created", "task \"odd\""};
  must(mirror->write(batch_builder{}
                         .event(id_of(1), "{}", noon(), "task_created")
                         .event(id_of(2), "{}", noon(), "task_updated")
                         .event(id_of(3), "{}", noon(), "task_created")
                         .build()));
  auto s = open();
  BOOST_TEST(must(s->lead()));
  BOOST_TEST((follow(*s, 1) == std::vector{id_of(1), id_of(3)}));
  billing.topic_prefix = "tracker/events/projects/";
  billing.name = "other";
  auto t = open();
  BOOST_TEST(must(t->lead()));
  BOOST_TEST(follow(*t, 10).empty());
}

BOOST_AUTO_TEST_CASE(a_failed_delivery_waits_and_does_not_hold_up_the_others) {
  write(0, 3);
  BOOST_TEST(must(one->lead()));
  must(one->settle(must(one->next(10)), std::vector{failed(1)}));
  BOOST_TEST(!must(one->next(10)).moved);
  BOOST_TEST(must(one->due(10)).empty());
  const auto in = must(one->due_in());
  BOOST_REQUIRE(in.has_value());
  BOOST_TEST((*in <= 1000ms));
  hasten();
  const auto due = must(one->due(10));
  BOOST_REQUIRE(due.size() == 1u);
  BOOST_TEST((due.front().event_id == id_of(1)));
  BOOST_TEST(due.front().attempts == 1u);
  must(one->settle_due(due, {}));
  BOOST_TEST(number("SELECT count(*) FROM consumer_deliveries") == 0);
  BOOST_TEST(!must(one->due_in()).has_value());
  BOOST_TEST(number("SELECT count(*) FROM dlq_events") == 0);
}

BOOST_AUTO_TEST_CASE(a_spent_budget_makes_a_dead_letter_with_its_envelope) {
  write(0, 1);
  BOOST_TEST(must(one->lead()));
  must(one->settle(must(one->next(10)), std::vector{failed(0)}));
  for (int attempt = 2; attempt <= 3; ++attempt) {
    hasten();
    must(one->settle_due(must(one->due(10)), std::vector{failed(0)}));
  }
  BOOST_TEST(number("SELECT count(*) FROM consumer_deliveries") == 0);
  BOOST_TEST(value("SELECT consumer = 'billing' AND stage = 'consumer' AND attempts = 3 "
                   "AND code = 'consumer_failed' AND detail = 'the till is closed' "
                   "AND status = 'open' AND kind = 'task_updated' "
                   "AND event_id = '" +
                   to_string(id_of(0)) +
                   "' AND first_failure < last_failure "
                   "AND convert_from(raw, 'UTF8')::json ->> 'source' = 'sensor-7' "
                   "FROM dlq_events") == "t");
}

BOOST_AUTO_TEST_CASE(what_no_retry_can_help_is_a_dead_letter_at_once) {
  write(0, 2);
  BOOST_TEST(must(one->lead()));
  must(one->settle(must(one->next(10)), std::vector{failed(0, true)}));
  BOOST_TEST(number("SELECT count(*) FROM dlq_events WHERE attempts = 1") == 1);
  BOOST_TEST(number("SELECT count(*) FROM consumer_deliveries") == 0);
}

BOOST_AUTO_TEST_CASE(the_retry_schedule_survives_a_restart) {
  write(0, 5);
  BOOST_TEST(must(one->lead()));
  must(one->settle(must(one->next(10)), std::vector{failed(0), failed(3)}));
  one.reset();
  hasten();
  auto two = open();
  BOOST_TEST(must(two->lead()));
  BOOST_TEST(must(two->due(10)).size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_retention_took_before_it_was_read_is_said) {
  for (std::uint32_t n = 1; n <= 5; ++n)
    write(n, 1);
  BOOST_TEST(must(one->lead()));
  must(one->settle(must(one->next(1)), {}));
  run("DELETE FROM mirror_batches WHERE position IN (2, 3)");
  must(one->settle(must(one->next(1)), {}));  // to the end of the first batch
  const auto stretch = must(one->next(1));
  BOOST_REQUIRE(stretch.events.size() == 1u);
  BOOST_TEST(stretch.pruned == 2);
  BOOST_TEST((stretch.events.front().event_id == id_of(4)));
}

BOOST_AUTO_TEST_CASE(who_waits_for_the_lease_writes_nothing) {
  BOOST_TEST(must(one->lead()));
  auto two = open();
  const auto before = value("SELECT xmin FROM consumers");
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(!must(two->lead()));
  BOOST_TEST(value("SELECT xmin FROM consumers") == before);
  run("DELETE FROM consumers");
}

BOOST_AUTO_TEST_SUITE_END()
