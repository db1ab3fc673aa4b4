#include "actors/restart_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(restart_rule_test)

BOOST_AUTO_TEST_CASE(doubles_the_delay_up_to_the_cap) {
  restart_history h{restart_rule{10, 60s, 100ms, 500ms}};
  const restart_history::clock::time_point t{};
  BOOST_TEST(h.on_end(t)->count() == 100);
  BOOST_TEST(h.on_end(t + 1s)->count() == 200);
  BOOST_TEST(h.on_end(t + 2s)->count() == 400);
  BOOST_TEST(h.on_end(t + 3s)->count() == 500);
  BOOST_TEST(h.restarts() == 4u);
}

BOOST_AUTO_TEST_CASE(gives_up_when_the_budget_of_the_window_is_spent) {
  restart_history h{restart_rule{2, 60s, 1ms, 1ms}};
  const restart_history::clock::time_point t{};
  BOOST_TEST(h.on_end(t).has_value());
  BOOST_TEST(h.on_end(t + 59s).has_value());
  BOOST_TEST(!h.on_end(t + 60s).has_value());
}

BOOST_AUTO_TEST_CASE(forgets_failures_after_a_healthy_window) {
  restart_history h{restart_rule{2, 60s, 100ms, 5s}};
  const restart_history::clock::time_point t{};
  h.on_end(t);
  h.on_end(t + 1s);
  BOOST_TEST(h.on_end(t + 62s)->count() == 100);
}

BOOST_AUTO_TEST_CASE(never_restarts_a_child_whose_end_is_the_end) {
  restart_history h{never_restart};
  BOOST_TEST(!h.on_end({}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
