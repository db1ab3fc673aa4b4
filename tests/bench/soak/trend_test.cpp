#include "bench/soak/trend.hpp"

#include <functional>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "bench/soak/soak_bench.hpp"

using namespace td::bench;

namespace {

constexpr double mebibyte = 1u << 20;

std::vector<soak_sample> samples_of(int seconds, const std::function<double(double)>& memory,
                                    const std::function<double(double)>& descriptors) {
  std::vector<soak_sample> all;
  for (int s = 0; s < seconds; ++s)
    all.push_back({static_cast<double>(s), memory(s), descriptors(s)});
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trends)

BOOST_AUTO_TEST_CASE(find_the_line_of_exact_values) {
  std::vector<double> x, y;
  for (int i = 0; i < 100; ++i) {
    x.push_back(i);
    y.push_back(3 + 0.5 * i);
  }
  const auto t = trend_of(x, y);
  BOOST_REQUIRE(t.known);
  BOOST_TEST(t.slope == 0.5, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(t.low == 0.5, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(t.span == 99);
  BOOST_TEST((t.judge(49) == course::grows));
  BOOST_TEST((t.judge(50) == course::flat));
}

BOOST_AUTO_TEST_CASE(hold_the_true_slope_in_their_interval_nearly_always) {
  std::mt19937_64 random{11};
  std::normal_distribution<double> noise{0, 5};
  int held = 0;
  constexpr int rounds = 400;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> x, y;
    for (int i = 0; i < 60; ++i) {
      x.push_back(i);
      y.push_back(0.1 * i + noise(random));
    }
    const auto t = trend_of(x, y);
    held += t.low <= 0.1 && 0.1 <= t.high ? 1 : 0;
  }
  // 95 % of them, give or take three times the binomial deviation.
  BOOST_TEST(held >= 0.95 * rounds - 13);
  BOOST_TEST(held <= 0.95 * rounds + 13);
}

BOOST_AUTO_TEST_CASE(say_nothing_of_too_few_values) {
  BOOST_TEST(!trend_of({}, {}).known);
  BOOST_TEST(!trend_of({1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 5, 6, 7, 8, 9}).known);
  BOOST_TEST((trend_of({1, 2}, {1, 2}).judge(100) == course::undecided));
}

BOOST_AUTO_TEST_CASE(are_flat_after_a_warm_up_and_see_a_leak) {
  std::mt19937_64 random{3};
  std::normal_distribution<double> noise{0, 0.3 * mebibyte};
  const auto warm = [&](double s) {
    return 40 * mebibyte - (s < 50 ? (50 - s) * mebibyte / 5 : 0);
  };
  const auto steady = samples_of(
      600, [&](double s) { return warm(s) + noise(random); }, [](double) { return 30.0; });
  BOOST_TEST((memory_course(steady).verdict == course::flat));
  BOOST_TEST((descriptor_course(steady).verdict == course::flat));

  // 4 MiB in ten minutes, and a descriptor every two minutes.
  const auto leaks = samples_of(
      600, [&](double s) { return warm(s) + s / 600 * 4 * mebibyte + noise(random); },
      [](double s) { return 30 + static_cast<int>(s) / 120; });
  BOOST_TEST((memory_course(leaks).verdict == course::grows));
  BOOST_TEST((descriptor_course(leaks).verdict == course::grows));

  // So much noise that nothing can be said.
  std::normal_distribution<double> wild{0, 30 * mebibyte};
  const auto noisy = samples_of(
      60, [&](double) { return 40 * mebibyte + wild(random); }, [](double) { return 1.0; });
  BOOST_TEST((memory_course(noisy).verdict == course::undecided));
}

BOOST_AUTO_TEST_SUITE_END()
