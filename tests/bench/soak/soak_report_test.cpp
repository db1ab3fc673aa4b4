#include "bench/soak/soak_report.hpp"

#include <algorithm>
#include <functional>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace td::bench;

namespace {

constexpr double mebibyte = 1u << 20;

soak_results results_with(const std::function<double(double)>& memory) {
  soak_results r;
  for (int s = 0; s < 300; ++s)
    r.samples.push_back({static_cast<double>(s), memory(s), 30});
  return r;
}

bool all_hold(const soak_results& r) {
  const auto targets = targets_of(r);
  return std::all_of(targets.begin(), targets.end(), [](const target& t) { return t.holds(); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(soak_reports)

BOOST_AUTO_TEST_CASE(miss_a_target_exactly_when_something_grows) {
  const auto flat = results_with([](double) { return 40 * mebibyte; });
  BOOST_TEST(targets_of(flat).size() == 2u);
  BOOST_TEST(all_hold(flat));
  BOOST_TEST(holds(flat));
  const auto leaks = results_with([](double s) { return (40 + s / 60) * mebibyte; });
  BOOST_TEST(!all_hold(leaks));
  BOOST_TEST(!holds(leaks));
}

BOOST_AUTO_TEST_CASE(judge_nothing_by_a_growth_that_may_be_chance) {
  // Up and down by 20 MiB every 8 s, which is what one point of the trend is made of.
  const auto noisy = results_with([](double s) {
    const bool up = static_cast<int>(s + 4) / 8 % 2 == 1;
    return (100 + s / 60 + (up ? 20 : -20)) * mebibyte;
  });
  const auto course = memory_course(noisy.samples);
  BOOST_REQUIRE((course.verdict == td::bench::course::undecided));
  BOOST_REQUIRE(course.line.slope * course.line.span > course.tolerance);  // it looks like more
  BOOST_TEST(holds(noisy));
  const auto targets = targets_of(noisy);
  BOOST_REQUIRE(targets.size() == 1u);  // the descriptors' alone
  BOOST_TEST(targets[0].what.starts_with("open descriptors"));
  const auto json = boost::json::parse(to_json(noisy)).as_object();
  const auto& remarks = json.at("remarks").as_array();
  BOOST_REQUIRE(remarks.size() == 1u);
  BOOST_TEST(remarks[0].as_string() == "growth of memory is undecided: run longer");
  const auto sure = boost::json::parse(to_json(results_with([](double) { return mebibyte; })));
  BOOST_TEST(sure.at("remarks").as_array().empty());
}

BOOST_AUTO_TEST_SUITE_END()
