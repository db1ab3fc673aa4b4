#include "pipeline/retry_rule.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(retry_rules)

BOOST_AUTO_TEST_CASE(double_up_to_the_cap_and_end_with_the_budget) {
  const retry_rule rule{.base = 1s, .cap = 10s, .attempts = 6};
  const std::chrono::milliseconds ceilings[] = {1s, 2s, 4s, 8s, 10s};
  for (std::uint32_t failed = 1; failed <= 5; ++failed) {
    const auto delay = rule.delay_after(failed, 42);
    BOOST_REQUIRE(delay.has_value());
    BOOST_TEST((*delay >= ceilings[failed - 1] / 2));
    BOOST_TEST((*delay <= ceilings[failed - 1]));
  }
  BOOST_TEST(!rule.delay_after(6, 42).has_value());
  BOOST_TEST(!rule.delay_after(1000, 42).has_value());
}

BOOST_AUTO_TEST_CASE(spread_what_failed_together_and_repeat_for_equal_seeds) {
  const retry_rule rule;
  std::set<std::chrono::milliseconds> delays;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    delays.insert(*rule.delay_after(4, seed));
    BOOST_TEST((rule.delay_after(4, seed) == rule.delay_after(4, seed)));
  }
  BOOST_TEST(delays.size() > 40u);
}

BOOST_AUTO_TEST_CASE(one_attempt_means_no_retry) {
  BOOST_TEST(!(retry_rule{.attempts = 1}.delay_after(1, 0).has_value()));
}

BOOST_AUTO_TEST_CASE(never_overflow) {
  const retry_rule rule{.base = 24h, .cap = 24h * 3650, .attempts = 4'000'000'000u};
  BOOST_TEST((*rule.delay_after(3'999'999'999u, 1) <= rule.cap));
}

BOOST_AUTO_TEST_SUITE_END()
