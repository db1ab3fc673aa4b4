#include "actors/pool.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

struct fixture : test::deterministic {
  using sink = handle<outcome(burst)>;
  std::vector<sink> children{3};
  std::vector<int> served = std::vector<int>(3);
  int spawned{};
  bool spend_budget{};
  std::optional<failure> fatal;
  validator_pool::interface actors;

  fixture() {
    shared->fatal = [this](const failure& f) { fatal = f; };
    actors = spawn<validator_pool>(
        sys, shared,
        validator_pool::options{"worker", 3,
                                [this](caf::actor_system& s, std::size_t i) {
                                  ++spawned;
                                  return children[i] = s.spawn(
                                             [this, i](sink::pointer) -> sink::behavior_type {
                                               return {[this, i](const burst& b) {
                                                 ++served[i];
                                                 return outcome{{.of = b.raw->from}, {}};
                                               }};
                                             });
                                },
                                restart_rule{3, 60s, 100ms, 1s}});
    run();
  }
  ~fixture() {
    end(actors);
    children.clear();
  }

  outcome send(std::int32_t lane) {
    auto raw = std::make_shared<batch>();
    raw->from = {lane, 1, 1};
    return ask<outcome>(actors, burst{raw}).value();
  }
  void kill(std::size_t i) {
    self->send_exit(children[i], caf::exit_reason::kill);
    run();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pool_test, fixture)

BOOST_AUTO_TEST_CASE(keeps_a_lane_with_its_child_and_spreads_lanes_evenly) {
  for (int round = 0; round < 4; ++round) {
    for (const int lane : {0, 3, 6})
      send(lane);
  }
  BOOST_TEST(served == (std::vector<int>{4, 4, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(moves_a_lane_to_a_living_child) {
  send(0);
  kill(0);
  BOOST_TEST(!send(0).refused);
  BOOST_TEST(served[0] == 1);
}

BOOST_AUTO_TEST_CASE(refuses_at_once_while_no_child_lives_and_serves_after_the_backoff) {
  for (std::size_t i = 0; i < 3; ++i)
    kill(i);
  BOOST_TEST((send(0).refused->code == errc::overloaded));
  advance(99ms);
  BOOST_TEST(send(0).refused.has_value());
  advance(1ms);
  BOOST_TEST(spawned == 6);
  BOOST_TEST(!send(0).refused);
}

BOOST_AUTO_TEST_CASE(gives_up_when_a_child_spends_its_budget) {
  for (int i = 0; i < 4; ++i) {
    BOOST_TEST(!fatal.has_value());
    kill(0);
    advance(1s);
  }
  BOOST_TEST(fatal.has_value());
}

BOOST_AUTO_TEST_CASE(ends_after_its_children_when_asked_to_stop) {
  end(actors);
  for (auto& c : children)
    BOOST_TEST(caf::actor_cast<caf::abstract_actor*>(c)->getf(
                   caf::abstract_actor::is_terminated_flag) != 0);
}

BOOST_AUTO_TEST_SUITE_END()
