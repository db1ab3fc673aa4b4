#include "bench/load/schedule.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

using std::chrono::nanoseconds;
using td::bench::schedule;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(schedules)

BOOST_AUTO_TEST_CASE(spread_all_producers_events_evenly) {
  // 1,000 events/s by four producers: one each millisecond, in turn.
  std::set<nanoseconds> due;
  for (unsigned producer = 0; producer < 4; ++producer) {
    const schedule s{1000, producer, 4};
    for (std::uint64_t k = 0; k < 25; ++k)
      due.insert(s.due(k));
  }
  BOOST_REQUIRE(due.size() == 100u);
  auto expected = 0ns;
  for (const auto d : due) {
    BOOST_TEST(d.count() == expected.count());
    expected += 1ms;
  }
}

BOOST_AUTO_TEST_CASE(do_not_drift_over_a_day) {
  const schedule s{30'000, 0, 1};
  const auto after_a_day = s.due(30'000ull * 86'400);
  BOOST_TEST(std::abs((after_a_day - nanoseconds{24h}).count()) <= 1000);
}

BOOST_AUTO_TEST_SUITE_END()
