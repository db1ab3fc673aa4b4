#include "http/rate_limit.hpp"

#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;
using namespace std::chrono_literals;
using at = rate_limiter::clock::time_point;

namespace {

constexpr at start{std::chrono::hours{1000}};

/// The same rule told in the other way: a bucket that fills.
struct bucket {
  explicit bucket(const rate_rule& r) : rule{r}, tokens{static_cast<double>(r.burst)} {}

  bool take(at now) {
    tokens = std::min(static_cast<double>(rule.burst),
                      tokens + static_cast<double>((now - last).count()) /
                                   static_cast<double>(rule.every.count()));
    last = now;
    if (tokens < 1 - 1e-9) return false;
    tokens -= 1;
    return true;
  }

  rate_rule rule;
  double tokens;
  at last{start};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limit)

BOOST_AUTO_TEST_CASE(a_burst_at_once_then_one_by_one) {
  rate_limiter limiter;
  const rate_rule rule{3, 10s};
  for (std::size_t left : {2u, 1u, 0u}) {
    const auto v = limiter.ask("k", rule, start);
    BOOST_TEST(v.allowed);
    BOOST_TEST(v.limit == 3u);
    BOOST_TEST(v.remaining == left);
    BOOST_TEST((v.reset == (3 - static_cast<int>(left)) * 10s));
  }
  const auto refused = limiter.ask("k", rule, start + 4s);
  BOOST_TEST(!refused.allowed);
  BOOST_TEST((refused.retry_after == 6s));
  BOOST_TEST((refused.reset == 26s));
  BOOST_TEST(!limiter.ask("k", rule, start + 9999ms).allowed);
  BOOST_TEST(limiter.ask("k", rule, start + 10s).allowed);
  BOOST_TEST(limiter.ask("other", rule, start + 10s).remaining == 2u);
}

BOOST_AUTO_TEST_CASE(no_rule_is_no_limit_and_no_memory) {
  rate_limiter limiter;
  BOOST_TEST(per_second(0).burst == 0u);
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST(limiter.ask("k", {}, start).allowed);
  BOOST_TEST(limiter.keys() == 0u);
}

BOOST_AUTO_TEST_CASE(who_is_full_again_is_forgotten_and_memory_is_bounded) {
  rate_limiter limiter{100};
  const rate_rule rule{1, 1s};
  for (int i = 0; i < 1000; ++i)
    limiter.ask("k" + std::to_string(i), rule, start);
  BOOST_TEST(limiter.keys() == 100u);
  BOOST_TEST(!limiter.ask("k999", rule, start).allowed);  // the latest are kept
  limiter.ask("new", rule, start + 2s);
  BOOST_TEST(limiter.keys() == 1u);
}

RC_BOOST_PROP(it_says_what_a_bucket_that_fills_says, ()) {
  const rate_rule rule{*rc::gen::inRange<std::size_t>(1, 20),
                       std::chrono::milliseconds{*rc::gen::inRange(1, 2000)}};
  rate_limiter limiter;
  bucket reference{rule};
  at now = start;
  const auto steps = *rc::gen::container<std::vector<int>>(
      rc::gen::weightedOneOf<int>({{3, rc::gen::just(0)}, {2, rc::gen::inRange(0, 3000)}}));
  for (const int ms : steps) {
    now += std::chrono::milliseconds{ms};
    const auto v = limiter.ask("k", rule, now);
    RC_ASSERT(v.allowed == reference.take(now));
    RC_ASSERT(v.remaining == static_cast<std::size_t>(std::floor(reference.tokens + 1e-9)));
    RC_ASSERT(v.allowed == (v.retry_after.count() == 0));
  }
}

RC_BOOST_PROP(who_waits_as_long_as_told_passes_and_not_a_moment_earlier, ()) {
  const rate_rule rule{*rc::gen::inRange<std::size_t>(1, 20),
                       std::chrono::milliseconds{*rc::gen::inRange(1, 2000)}};
  rate_limiter limiter;
  const auto later = std::chrono::microseconds{*rc::gen::inRange(0, 500)};
  for (std::size_t i = 0; i < rule.burst; ++i)
    RC_ASSERT(limiter.ask("k", rule, start).allowed);
  const auto v = limiter.ask("k", rule, start + later);
  RC_ASSERT(!v.allowed);
  RC_ASSERT(!limiter.ask("k", rule, start + later + v.retry_after - 1ns).allowed);
  RC_ASSERT(limiter.ask("k", rule, start + later + v.retry_after).allowed);
}

/// In any stretch of time no more pass than the burst and what that time brings.
RC_BOOST_PROP(never_more_than_burst_plus_rate_in_any_window, ()) {
  const rate_rule rule{*rc::gen::inRange<std::size_t>(1, 10),
                       std::chrono::milliseconds{*rc::gen::inRange(1, 100)}};
  rate_limiter limiter;
  std::vector<at> passed;
  at now = start;
  for (const int us : *rc::gen::container<std::vector<int>>(300, rc::gen::inRange(0, 50'000))) {
    now += std::chrono::microseconds{us};
    if (limiter.ask("k", rule, now).allowed) passed.push_back(now);
  }
  for (std::size_t from = 0; from < passed.size(); ++from) {
    for (std::size_t to = from; to < passed.size(); ++to) {
      const auto brought = (passed[to] - passed[from]) / rule.every;
      RC_ASSERT(to - from + 1 <= rule.burst + static_cast<std::size_t>(brought) + 1);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
