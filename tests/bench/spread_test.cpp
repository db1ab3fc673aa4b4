#include "bench/spread.hpp"

#include <boost/test/unit_test.hpp>

using td::bench::spread_of;

BOOST_AUTO_TEST_SUITE(spreads)

BOOST_AUTO_TEST_CASE(know_no_order) {
  const auto s = spread_of({5, 1, 4, 2, 3});
  BOOST_TEST(s.least == 1);
  BOOST_TEST(s.lower_quartile == 2);
  BOOST_TEST(s.median == 3);
  BOOST_TEST(s.upper_quartile == 4);
  BOOST_TEST(s.most == 5);
}

BOOST_AUTO_TEST_CASE(interpolate_between_neighbours) {
  const auto s = spread_of({1, 2, 3, 10});
  BOOST_TEST(s.lower_quartile == 1.75);
  BOOST_TEST(s.median == 2.5);
  BOOST_TEST(s.upper_quartile == 4.75);
}

BOOST_AUTO_TEST_CASE(of_one_value_are_that_value) {
  const auto s = spread_of({7});
  BOOST_TEST(s.least == 7);
  BOOST_TEST(s.median == 7);
  BOOST_TEST(s.most == 7);
}

BOOST_AUTO_TEST_CASE(of_nothing_are_zero) {
  BOOST_TEST(spread_of({}).median == 0);
}

BOOST_AUTO_TEST_SUITE_END()
