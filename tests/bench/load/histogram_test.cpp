#include "bench/load/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

using std::chrono::microseconds;
using td::bench::histogram;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(histograms)

BOOST_AUTO_TEST_CASE(are_exact_below_128_microseconds) {
  for (int us = 0; us < 128; ++us) {
    histogram h;
    h.record(microseconds{us});
    h.record(1h);
    BOOST_TEST(h.at(0.5).count() == us);
  }
}

BOOST_AUTO_TEST_CASE(err_by_at_most_a_64th_up_to_the_end_of_their_range) {
  for (double v = 100; v < std::exp2(40); v *= 1.013) {
    const microseconds value{static_cast<std::int64_t>(v)};
    histogram h;
    h.record(value);
    h.record(microseconds{std::int64_t{1} << 40});
    BOOST_TEST(h.at(0.5).count() >= value.count());
    BOOST_TEST(static_cast<double>(h.at(0.5).count()) <= v * (1 + 1.0 / 64));
  }
}

BOOST_AUTO_TEST_CASE(agree_with_the_sorted_values_about_every_quantile) {
  std::mt19937_64 random{7};
  std::lognormal_distribution<double> latencies{8, 2};
  std::vector<std::int64_t> values;
  histogram h;
  double sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::int64_t>(latencies(random)));
    sum += static_cast<double>(values.back());
    h.record(microseconds{values.back()});
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()))));
    const auto exact = static_cast<double>(values[rank - 1]);
    const auto found = static_cast<double>(h.at(q).count());
    BOOST_TEST(found >= exact);
    BOOST_TEST(found <= exact * (1 + 1.0 / 64));
  }
  BOOST_TEST(h.most().count() == values.back());
  BOOST_TEST(h.at(1).count() == values.back());
  BOOST_TEST(h.mean_us() == sum / 20'000, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(hold_what_lies_outside_of_their_range_at_its_ends) {
  histogram h;
  h.record(-5ms);
  BOOST_TEST(h.most().count() == 0);
  h.record(24h * 365);
  BOOST_TEST(h.most().count() == std::int64_t{1} << 40);
  BOOST_TEST(h.count() == 2u);
}

BOOST_AUTO_TEST_CASE(are_zero_when_empty) {
  const histogram h;
  BOOST_TEST(h.at(0.99).count() == 0);
  BOOST_TEST(h.most().count() == 0);
  BOOST_TEST(h.mean_us() == 0);
  BOOST_TEST(h.buckets().empty());
}

BOOST_AUTO_TEST_CASE(merge_to_what_one_would_have_recorded) {
  histogram one, other, all;
  for (int i = 1; i < 5000; i += 3) {
    (i % 2 ? one : other).record(microseconds{i * i});
    all.record(microseconds{i * i});
  }
  one.merge(other);
  BOOST_TEST((one == all));
}

BOOST_AUTO_TEST_CASE(list_buckets_that_add_up_and_rise) {
  histogram h;
  for (int i = 0; i < 1000; ++i)
    h.record(microseconds{i * 37}, 2);
  std::uint64_t sum = 0;
  microseconds before{-1};
  for (const auto& b : h.buckets()) {
    BOOST_TEST(b.upper.count() > before.count());
    before = b.upper;
    sum += b.count;
  }
  BOOST_TEST(sum == h.count());
  BOOST_TEST(sum == 2000u);
}

BOOST_AUTO_TEST_CASE(read_back_what_they_write) {
  histogram h;
  BOOST_TEST((*histogram::parse(h.to_text()) == h));
  for (const auto v : {microseconds{0}, microseconds{130}, microseconds{999'999}, microseconds{1h}})
    h.record(v, 3);
  const auto back = histogram::parse(h.to_text());
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST((*back == h));
}

BOOST_AUTO_TEST_CASE(refuse_what_is_none) {
  for (const auto* text :
       {"", "h2 0 0", "h1", "h1 5 5", "h1 5 5 5", "h1 5 5 5:0", "h1 5 10 5:1 5:1", "h1 5 9 5:1 4:1",
        "h1 0 0 99999:1", "h1 5 5 5:1 ", "h1 900 5 5:1", "h1 5 5 5:1x", "h1 9999999999999 5 5:1"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto read = histogram::parse(text);
      BOOST_REQUIRE(!read);
      BOOST_TEST((read.error().code == td::errc::configuration_invalid));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
