#include "pipeline/progress.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

using clock = progress_board::clock;

/// A board, and a clock that the test turns.
struct fixture {
  progress_board board;
  clock::time_point at = clock::now();
  const origin batch{3, 2, 17};

  std::vector<stall_status> stalled() const { return board.stalled(30s, at); }
  std::string text() const {
    const auto all = stalled();
    return all.empty() ? "" : to_text(all.front());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(progress_test, fixture)

BOOST_AUTO_TEST_CASE(
    a_batch_that_its_mirror_does_not_finish_is_named_with_lane_batch_and_dependency) {
  board.took(batch, 4000, at);
  at += 1s;
  board.works(batch, "validator 1", "checks it", "", at);
  at += 1s;
  board.works(batch, "mirror 0", "writes it", "postgresql", at);
  at += 28s;
  BOOST_TEST(stalled().empty());
  at += 1s;
  BOOST_REQUIRE(stalled().size() == 1u);
  const auto s = stalled().front();
  BOOST_TEST(s.lane == 3);
  BOOST_TEST(s.epoch == 2u);
  BOOST_TEST(s.batch == 17u);
  BOOST_TEST(s.events == 4000u);
  BOOST_TEST(s.holder == "mirror 0");
  BOOST_TEST(s.dependency == "postgresql");
  BOOST_TEST(s.lasted.count() == 31000);
  BOOST_TEST(s.held_for.count() == 29000);
  BOOST_TEST(text() ==
             "lane 3: 4000 events unacknowledged for 31 s: batch 17 of connection 2 is held by "
             "mirror 0 (writes it) for 29 s; waits for postgresql");
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_is_progress) {
  board.took(batch, 4000, at);
  at += 29s;
  board.settled(3, at);
  at += 2s;
  board.took({3, 2, 18}, 4000, at);
  at += 29s;
  BOOST_TEST(stalled().empty());
  BOOST_TEST(board.owing(at).at(3).count() == 29000);
  board.settled(3, at);
  BOOST_TEST(board.owing(at).at(3).count() == 0);
}

BOOST_AUTO_TEST_CASE(giving_back_is_no_progress_and_names_the_reason) {
  const failure away{errc::database_away, "connection refused"};
  board.took(batch, 4000, at);
  at += 20s;
  board.gave_back(3, 4000, away, at);
  board.turned(3, at);
  board.took({3, 3, 1}, 4000, at);
  at += 11s;
  board.turned(3, at);
  board.gave_back(3, 4000, away, at);
  at += 1s;
  BOOST_REQUIRE(stalled().size() == 1u);
  BOOST_TEST(stalled().front().dependency == "postgresql");
  BOOST_TEST(stalled().front().given_back == 2u);
  BOOST_TEST(text() ==
             "lane 3: 4000 events unacknowledged for 32 s: batch 1 of connection 3 was given back "
             "(2 times); waits for postgresql: " +
                 to_string(away));
}

BOOST_AUTO_TEST_CASE(what_was_given_back_and_does_not_come_again_is_no_debt) {
  board.took(batch, 10, at);
  board.gave_back(3, 10, {errc::broker_away, "cut"}, at);
  for (int i = 0; i <= 5; ++i, at += 1s) {
    board.turned(3, at);
    board.quiet(3, at);
  }
  at += 27s;
  board.turned(3, at);
  BOOST_TEST(stalled().empty());
}

BOOST_AUTO_TEST_CASE(a_moment_of_quiet_before_the_broker_sends_again_forgives_nothing) {
  board.took(batch, 10, at);
  at += 20s;
  board.gave_back(3, 10, {errc::timed_out, "no verdict"}, at);
  board.quiet(3, at);
  at += 1s;
  board.took({3, 3, 1}, 10, at);
  at += 10s;
  BOOST_TEST(stalled().size() == 1u);
}

BOOST_AUTO_TEST_CASE(quiet_looks_on_two_connections_do_not_add_up) {
  const failure cut{errc::broker_away, "cut"};
  board.took(batch, 10, at);
  board.gave_back(3, 10, cut, at);
  board.connected(3);
  board.quiet(3, at);
  at += 31s;
  board.connected(3);
  board.quiet(3, at);
  BOOST_TEST(stalled().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_given_back_before_it_was_passed_on_is_a_debt_too) {
  for (int i = 0; i < 32; ++i, at += 1s) {
    board.turned(3, at);
    board.gave_back(3, 7, {errc::broker_away, "malformed packet"}, at);
  }
  BOOST_REQUIRE(stalled().size() == 1u);
  BOOST_TEST(stalled().front().given_back == 32u);
  BOOST_TEST(stalled().front().dependency == "mqtt");
  BOOST_TEST(text().starts_with(
      "lane 3: 7 events unacknowledged for 32 s: what it read was given back (32 times)"));
}

BOOST_AUTO_TEST_CASE(time_in_which_the_whole_process_stood_still_is_nobodys_fault) {
  board.took(batch, 10, at);
  board.turned(4, at);
  at += 60s;
  board.forgive(45s);
  BOOST_TEST(stalled().empty());
  BOOST_TEST(board.owing(at).at(3).count() == 15000);
  at += 16s;
  BOOST_TEST(stalled().size() == 2u);
}

BOOST_AUTO_TEST_CASE(it_is_known_whether_a_lane_has_settled_since) {
  board.took(batch, 10, at);
  BOOST_TEST(!board.settled_since(3, at));
  board.settled(3, at + 1s);
  BOOST_TEST(board.settled_since(3, at));
  BOOST_TEST(!board.settled_since(3, at + 1s));
  BOOST_TEST(!board.settled_since(8, at));
}

BOOST_AUTO_TEST_CASE(a_lane_that_takes_no_turns_is_named_though_it_holds_nothing) {
  board.turned(3, at);
  board.turned(4, at);
  at += 31s;
  board.turned(4, at);
  BOOST_REQUIRE(stalled().size() == 1u);
  BOOST_TEST(text() == "lane 3 takes no turns for 31 s");
  board.turned(3, at);
  BOOST_TEST(stalled().empty());
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_gone_owes_nothing) {
  board.took(batch, 10, at);
  board.remove(3);
  at += 1h;
  BOOST_TEST(stalled().empty());
  BOOST_TEST(board.owing(at).empty());
}

BOOST_AUTO_TEST_CASE(who_works_on_a_batch_that_nobody_waits_for_changes_nothing) {
  board.took(batch, 10, at);
  board.works({3, 1, 17}, "mirror 1", "writes it", "postgresql", at);  // of an older connection
  board.works({9, 1, 1}, "mirror 1", "writes it", "postgresql", at);   // of no lane
  at += 31s;
  BOOST_REQUIRE(stalled().size() == 1u);
  BOOST_TEST(stalled().front().holder == "");
  BOOST_TEST(stalled().front().doing == "waits for a validator");
}

BOOST_AUTO_TEST_SUITE_END()
