#include "actors/progress_watch.hpp"

#include <functional>
#include <thread>

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

namespace {

bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress_watch_test)

BOOST_AUTO_TEST_CASE(what_does_not_move_makes_the_service_not_ready_until_it_moves_again) {
  const auto shared = std::make_shared<context>(settings{}, "test", "node");
  shared->board.expect_lanes(0);
  BOOST_TEST(shared->board.ready());
  const origin batch{0, 1, 1};
  shared->progress.took(batch, 12, progress_board::clock::now());
  shared->progress.works(batch, "mirror 1", "writes it", dependency_database,
                         progress_board::clock::now());
  const progress_watch watch{shared, 100ms};
  BOOST_REQUIRE(within(10s, [&] { return !shared->board.ready(); }));
  const auto stalls = shared->board.stalls();
  BOOST_REQUIRE(stalls.size() == 1u);
  BOOST_TEST(stalls[0].holder == "mirror 1");
  BOOST_TEST(stalls[0].dependency == dependency_database);
  shared->progress.settled(0, progress_board::clock::now() + 1h);
  BOOST_TEST(within(10s, [&] { return shared->board.ready(); }));
}

BOOST_AUTO_TEST_CASE(a_dependency_that_is_away_is_what_a_stall_waits_for) {
  const auto shared = std::make_shared<context>(settings{}, "test", "node");
  shared->board.report(dependency_broker, "lane 0", false, "connection refused");
  shared->progress.turned(0, progress_board::clock::now());
  const progress_watch watch{shared, 100ms};
  BOOST_REQUIRE(within(10s, [&] { return !shared->board.stalls().empty(); }));
  BOOST_TEST(shared->board.stalls()[0].dependency == dependency_broker);
  BOOST_TEST(shared->board.stalls()[0].reason == "connection refused");
}

BOOST_AUTO_TEST_CASE(who_holds_a_batch_is_not_excused_by_a_dependency_that_is_away) {
  const auto shared = std::make_shared<context>(settings{}, "test", "node");
  const origin batch{0, 1, 1};
  shared->board.report(dependency_broker, "lane 1", false, "connection refused");
  shared->progress.took(batch, 12, progress_board::clock::now());
  shared->progress.works(batch, "mirror 0", "has it in its mailbox", "",
                         progress_board::clock::now());
  const progress_watch watch{shared, 100ms};
  BOOST_REQUIRE(within(10s, [&] { return !shared->board.stalls().empty(); }));
  const auto stall = shared->board.stalls()[0];
  BOOST_TEST(stall.dependency == "");
  BOOST_TEST(to_text(stall).find("held by mirror 0 (has it in its mailbox)") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
