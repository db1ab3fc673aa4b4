#include "verify/exchange.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

namespace td::verify {

namespace {

BOOST_AUTO_TEST_CASE(a_barrier_is_passed_when_the_last_one_arrives) {
  barrier b{3};
  BOOST_TEST(b.passed() == 0U);
  b.arrive(0, 2);
  b.arrive(2, 2);
  BOOST_TEST(b.passed() == 0U);
  b.arrive(1, 2);
  BOOST_TEST(b.passed() == 2U);
}

BOOST_AUTO_TEST_CASE(whoever_is_ahead_has_arrived_before_as_well) {
  barrier b{2};
  b.arrive(0, 5);
  b.arrive(1, 2);
  BOOST_TEST(b.passed() == 2U);
  b.arrive(0, 3);
  b.arrive(1, 7);
  BOOST_TEST(b.passed() == 5U);
}

BOOST_AUTO_TEST_CASE(the_end_is_a_phase_behind_the_last_broker_and_before_the_next) {
  BOOST_TEST(exchange::phase_of(3, false) < exchange::phase_of(3, true));
  BOOST_TEST(exchange::phase_of(3, true) < exchange::phase_of(4, false));
}

BOOST_AUTO_TEST_CASE(a_milestone_wakes_whoever_waits_for_it) {
  milestone m;
  bool reached = false;
  std::jthread waiter{[&](const std::stop_token& stop) { reached = m.await(1000, stop); }};
  std::jthread one{[&] {
    for (int i = 0; i < 500; ++i)
      m.add();
  }};
  std::jthread other{[&] {
    for (int i = 0; i < 500; ++i)
      m.add();
  }};
  waiter.join();
  BOOST_TEST(reached);
  BOOST_TEST(m.value() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_milestone_behind_us_is_reached) {
  milestone m;
  m.add();
  m.add();
  BOOST_TEST(m.await(1, {}));
}

BOOST_AUTO_TEST_CASE(a_milestone_is_not_waited_for_after_the_stop) {
  milestone m;
  std::stop_source source;
  bool reached = true;
  std::jthread waiter{[&] { reached = m.await(5, source.get_token()); }};
  source.request_stop();
  waiter.join();
  BOOST_TEST(!reached);
}

}  // namespace

}  // namespace td::verify
