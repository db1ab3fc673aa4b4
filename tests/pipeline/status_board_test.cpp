#include "pipeline/status_board.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

lane_status lane(std::int32_t slot, std::string state) {
  lane_status l;
  l.slot = slot;
  l.state = std::move(state);
  return l;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(status_board_test)

BOOST_AUTO_TEST_CASE(fresh_bad_news_outweighs_old_good_news_and_the_other_way_round) {
  status_board b;
  BOOST_TEST(b.up(dependency_database));
  b.report(dependency_database, "mirror 0", true, "");
  b.report(dependency_database, "mirror 1", false, "connection refused");
  BOOST_TEST(!b.up(dependency_database));  // mirror 0 is idle and does not know yet
  BOOST_TEST(b.dependencies().front().reason == "connection refused");
  b.report(dependency_database, "mirror 0", true, "");
  BOOST_TEST(b.up(dependency_database));  // it answers one; mirror 1 has a trouble of its own
  b.report(dependency_database, "mirror 0", false, "connection refused");
  BOOST_TEST(!b.up(dependency_database));
  b.report(dependency_database, "mirror 0", true, "");
  b.report(dependency_database, "mirror 1", true, "");
  BOOST_TEST(b.up(dependency_database));
  BOOST_TEST(b.dependencies().front().reason == "");
}

BOOST_AUTO_TEST_CASE(since_is_the_moment_of_the_last_change_not_of_the_last_report) {
  status_board b;
  b.report(dependency_broker, "lane 0", false, "first reason");
  const auto since = b.dependencies().front().since;
  b.report(dependency_broker, "lane 0", false, "second reason");
  BOOST_TEST((b.dependencies().front().since == since));
  BOOST_TEST(b.dependencies().front().reason == "second reason");
}

BOOST_AUTO_TEST_CASE(forgets_what_an_ended_source_said) {
  status_board b;
  b.report(dependency_broker, "lane 0", true, "");
  b.report(dependency_broker, "lane 1", false, "refused");
  BOOST_TEST(!b.up(dependency_broker));
  b.forget(dependency_broker, "lane 1");
  BOOST_TEST(b.up(dependency_broker));
}

BOOST_AUTO_TEST_CASE(is_ready_only_when_every_expected_lane_works_and_both_servers_answer) {
  status_board b;
  BOOST_TEST(!b.ready());  // nobody has said yet how many lanes there should be
  b.expect_lanes(2);
  b.set(lane(0, "reading"));
  BOOST_TEST(!b.ready());
  b.set(lane(1, "waiting"));
  BOOST_TEST(b.ready());
  b.report(dependency_database, "mirror 0", false, "away");
  BOOST_TEST(!b.ready());
  b.report(dependency_database, "mirror 0", true, "");
  b.set(lane(1, "paused"));
  BOOST_TEST(!b.ready());
  b.remove_lane(1);
  b.expect_lanes(1);
  BOOST_TEST(b.ready());
}

BOOST_AUTO_TEST_CASE(wakes_whoever_waits_for_readiness) {
  status_board b;
  b.expect_lanes(1);
  BOOST_TEST(!b.wait_ready(1ms));
  std::thread other{[&] { b.set(lane(0, "reading")); }};
  BOOST_TEST(b.wait_ready(30s));
  other.join();
}

BOOST_AUTO_TEST_CASE(reading_and_waiting_count_as_one_condition) {
  status_board b;
  b.set(lane(0, "reading"));
  const auto since = b.lanes().front().since;
  b.set(lane(0, "waiting"));
  b.set(lane(0, "reading"));
  BOOST_TEST((b.lanes().front().since == since));
}

BOOST_AUTO_TEST_SUITE_END()
