#include "bench/capacity/knee.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/bench/capacity/models.hpp"

using namespace td::bench;
using td::bench::testing::model;

BOOST_AUTO_TEST_SUITE(capacity_knee_test)

BOOST_AUTO_TEST_CASE(finds_where_latency_leaves_the_ground) {
  const auto knee =
      knee_of({{1000, 5}, {2000, 5}, {4000, 6}, {8000, 8}, {9000, 400}, {16000, 5000}});
  BOOST_REQUIRE(knee);
  BOOST_TEST(knee->rate == 8000.0);
}

BOOST_AUTO_TEST_CASE(of_a_queue_it_lies_below_saturation) {
  std::vector<curve_point> points;
  for (double rate = 1'000; rate < 30'000; rate += 1'000)
    points.push_back({rate, model{}.at(rate).p99_ms});
  const auto knee = knee_of(points);
  BOOST_REQUIRE(knee);
  BOOST_TEST(knee->rate > 20'000.0);
  BOOST_TEST(knee->rate < 29'000.0);
}

BOOST_AUTO_TEST_CASE(a_straight_a_flat_and_a_short_curve_have_none) {
  BOOST_TEST(!knee_of({{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}));
  BOOST_TEST(!knee_of({{1, 5}, {2, 5}, {3, 5}, {4, 5}}));
  BOOST_TEST(!knee_of({{1, 5}, {2, 5}, {3, 500}}));
  BOOST_TEST(!knee_of({}));
}

BOOST_AUTO_TEST_CASE(points_of_one_rate_are_one_point) {
  const auto curve = curve_of({{2, 9}, {1, 1}, {2, 3}, {2, 4}});
  BOOST_REQUIRE(curve.size() == 2u);
  BOOST_TEST(curve[1].p99_ms == 4.0);
}

BOOST_AUTO_TEST_SUITE_END()
