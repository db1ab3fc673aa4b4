#include "bench/report/axis.hpp"

#include <algorithm>
#include <cmath>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace td::bench;

namespace {

std::vector<std::string> labels(const axis& a) {
  const double step = a.logarithmic || a.ticks.size() < 2 ? 0 : a.ticks[1] - a.ticks[0];
  std::vector<std::string> all;
  for (const double t : a.ticks)
    all.push_back(si_text(t, step));
  return all;
}

using texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(axes)

BOOST_AUTO_TEST_CASE(have_round_ticks_and_ends) {
  const auto a = make_axis({3'100, 18'700}, false, 6, true, true);
  BOOST_TEST(labels(a) == (texts{"0", "5k", "10k", "15k", "20k"}),
             boost::test_tools::per_element());
  BOOST_TEST(a.place(0) == 0);
  BOOST_TEST(a.place(20'000) == 1);
  BOOST_TEST(a.place(5'000) == 0.25);
}

BOOST_AUTO_TEST_CASE(keep_small_differences_apart) {
  const auto a = make_axis({0.921, 0.968}, false, 7, true, false);
  const auto all = labels(a);
  BOOST_TEST(all.front() == "0.92");
  BOOST_TEST(all.back() == "0.97");
  BOOST_TEST((std::adjacent_find(all.begin(), all.end()) == all.end()));
  const auto far = labels(make_axis({1'000'001, 1'000'004}, false, 7, true, false));
  BOOST_TEST((std::adjacent_find(far.begin(), far.end()) == far.end()));
}

BOOST_AUTO_TEST_CASE(pass_by_what_a_logarithm_can_not_show) {
  const auto a = make_axis({0, -4, 3, 120, NAN, INFINITY}, true, 9, true, false);
  BOOST_TEST(labels(a) == (texts{"2", "5", "10", "20", "50", "100", "200"}),
             boost::test_tools::per_element());
  BOOST_TEST(a.place(2) == 0);
  BOOST_TEST(a.place(200) == 1);
  BOOST_TEST(a.place(20) == 0.5);
}

BOOST_AUTO_TEST_CASE(write_decades_alone_where_there_are_many) {
  BOOST_TEST(labels(make_axis({0.01, 1e6}, true, 9, true, false)) ==
                 (texts{"0.01", "0.1", "1", "10", "100", "1k", "10k", "100k", "1M"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(exist_without_values_and_for_a_single_one) {
  for (const bool logarithmic : {false, true}) {
    for (const auto& values : {std::vector<double>{}, {0.0}, {42.0}, {1e-9}, {NAN}}) {
      const auto a = make_axis(values, logarithmic, 7, true, false);
      BOOST_TEST(a.range.low < a.range.high);
      BOOST_TEST(a.ticks.size() >= 2u);
    }
  }
}

BOOST_AUTO_TEST_CASE(hold_every_value_and_no_more_ticks_than_asked_for) {
  const bool held = rc::check([](std::vector<double> values, bool logarithmic, bool from_zero) {
    for (auto& v : values) {
      if (std::abs(v) > 1e30 || std::abs(v) < 1e-30) v = 0;
    }
    const auto a = make_axis(values, logarithmic, 7, true, from_zero);
    RC_ASSERT(a.range.low < a.range.high);
    RC_ASSERT(a.ticks.size() <= 7u);
    RC_ASSERT(std::is_sorted(a.ticks.begin(), a.ticks.end()));
    for (const double v : values) {
      if (!shows(logarithmic, v)) continue;
      RC_ASSERT(a.place(v) >= -1e-6);
      RC_ASSERT(a.place(v) <= 1 + 1e-6);
    }
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(shorten_numbers_with_prefixes) {
  BOOST_TEST(si_text(0) == "0");
  BOOST_TEST(si_text(250) == "250");
  BOOST_TEST(si_text(1'500) == "1.5k");
  BOOST_TEST(si_text(136'700) == "136.7k");
  BOOST_TEST(si_text(20e6) == "20M");
  BOOST_TEST(si_text(999'999.9) == "1M");
  BOOST_TEST(si_text(0.05) == "0.05");
  BOOST_TEST(si_text(20e-6) == "20u");
  BOOST_TEST(si_text(-1'500) == "-1.5k");
  BOOST_TEST(si_text(1.0 / 3, 0.5) == "0.3");
}

BOOST_AUTO_TEST_SUITE_END()
