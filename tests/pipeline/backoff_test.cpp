#include "pipeline/backoff.hpp"

#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace std::chrono_literals;
using td::backoff;

BOOST_AUTO_TEST_SUITE(backoffs)

BOOST_AUTO_TEST_CASE(delays_double_up_to_the_cap_and_lie_in_the_upper_half) {
  backoff b{100ms, 1500ms, 7};
  for (auto const ceiling : {100ms, 200ms, 400ms, 800ms, 1500ms, 1500ms, 1500ms}) {
    auto const delay = b.next();
    BOOST_TEST(delay.count() >= ceiling.count() / 2);
    BOOST_TEST(delay.count() <= ceiling.count());
  }
  BOOST_TEST(b.failures() == 7u);
}

BOOST_AUTO_TEST_CASE(success_begins_anew) {
  backoff b{100ms, 60s, 7};
  for (int i = 0; i < 8; ++i)
    b.next();
  b.reset();
  BOOST_TEST(b.failures() == 0u);
  BOOST_TEST(b.next().count() <= 100);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_delays_and_another_seed_others) {
  auto const run = [](std::uint64_t seed) {
    backoff b{1s, 1h, seed};
    std::vector<std::int64_t> delays;
    for (int i = 0; i < 10; ++i)
      delays.push_back(b.next().count());
    return delays;
  };
  BOOST_TEST((run(1) == run(1)));
  BOOST_TEST((run(1) != run(2)));
}

BOOST_AUTO_TEST_CASE(jitter_spreads_clients_that_failed_together) {
  std::set<std::int64_t> delays;
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    delays.insert(backoff{10s, 60s, seed}.next().count());
  BOOST_TEST(delays.size() > 90u);
  BOOST_TEST(*delays.begin() < 6000);
  BOOST_TEST(*delays.rbegin() > 9000);
}

RC_BOOST_PROP(no_number_of_failures_overflows, (std::uint64_t seed)) {
  auto const base = std::chrono::milliseconds{*rc::gen::inRange<std::int64_t>(-5, 1'000'000)};
  auto const cap = std::chrono::milliseconds{
      *rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-5, 10'000'000),
                      rc::gen::just(std::numeric_limits<std::int64_t>::max()))};
  backoff b{base, cap, seed};
  for (int i = 0; i < 200; ++i) {
    auto const delay = b.next();
    RC_ASSERT(delay.count() >= 0);
    RC_ASSERT(delay <= std::max({cap, base, 0ms}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
