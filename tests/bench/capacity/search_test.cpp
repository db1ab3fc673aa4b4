#include "bench/capacity/search.hpp"

#include <map>

#include <boost/test/unit_test.hpp>

#include "tests/bench/capacity/models.hpp"

using namespace td;
using namespace td::bench;
using td::bench::testing::model;

namespace {

search_result search(const search_plan& plan, const measure_rate& measure) {
  auto found = search_capacity(plan, measure);
  BOOST_REQUIRE(found);
  return std::move(*found);
}

search_result search(const search_plan& plan, const model& m) {
  return search(plan, [&](double rate, bool) { return m.at(rate); });
}

std::size_t tried(const search_result& s, double rate) {
  std::size_t n = 0;
  for (const auto& t : s.trials)
    n += t.seen.rate == rate;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(capacity_search_test)

BOOST_AUTO_TEST_CASE(finds_the_capacity_of_a_queue_within_its_precision) {
  for (const double capacity : {700.0, 3'333.0, 30'000.0, 123'456.0}) {
    search_plan patient;
    patient.wanted.p99_ms = 1e9;
    const auto found = search(patient, model{.capacity = capacity});
    BOOST_REQUIRE(found.rate());
    BOOST_TEST(*found.rate() <= capacity * 1.011);  // growth of 1 % is let pass
    BOOST_TEST(*found.rate() >= capacity / 1.06);
    BOOST_REQUIRE(found.beyond);
    BOOST_TEST(found.trials[*found.beyond].seen.rate <= *found.rate() * 1.06);
    BOOST_TEST((found.trials[*found.answer].why == trial_kind::confirm));
    BOOST_TEST(!found.generator_limited);
    BOOST_TEST(!found.reached_most);
  }
}

BOOST_AUTO_TEST_CASE(a_stricter_wish_of_latency_is_a_lower_rate) {
  const model slow{.capacity = 30'000, .floor_ms = 20};
  search_plan strict;
  strict.wanted.p99_ms = 25;
  const auto found = search(strict, slow);
  BOOST_REQUIRE(found.rate());
  BOOST_TEST(slow.at(*found.rate()).p99_ms <= 25.0);
  BOOST_TEST(*found.rate() < *search({}, slow).rate());
  BOOST_TEST((found.trials[*found.beyond].judged.what == finding::too_slow));
}

BOOST_AUTO_TEST_CASE(measures_the_target_itself_first) {
  const auto fits = search({.target = 20'000.0}, model{});
  BOOST_TEST((fits.trials.front().why == trial_kind::target));
  BOOST_TEST(fits.trials.front().seen.rate == 20'000.0);
  BOOST_TEST(*fits.rate() > 20'000.0);
  const auto too_much = search({.target = 200'000.0}, model{});
  BOOST_TEST(*too_much.rate() < 30'000.0);
  BOOST_TEST(*too_much.rate() > 28'000.0);
}

BOOST_AUTO_TEST_CASE(says_when_even_the_lowest_rate_fails) {
  const auto found = search({.least = 100}, model{.capacity = 1e6, .floor_ms = 900});
  BOOST_TEST(!found.answer);
  BOOST_REQUIRE(found.beyond);
  BOOST_TEST(found.trials[*found.beyond].seen.rate == 100.0);
}

BOOST_AUTO_TEST_CASE(stops_at_the_most_that_is_looked_for) {
  const auto found = search({.most = 50'000}, model{.capacity = 1e9});
  BOOST_TEST(*found.rate() == 50'000.0);
  BOOST_TEST(found.reached_most);
  BOOST_TEST(!found.beyond);
}

BOOST_AUTO_TEST_CASE(does_not_blame_the_system_for_the_generator) {
  const auto found = search({}, model{.capacity = 1e6, .generator = 40'000});
  BOOST_REQUIRE(found.rate());
  BOOST_TEST(*found.rate() <= 40'000 * 1.04);
  BOOST_TEST(found.generator_limited);
}

BOOST_AUTO_TEST_CASE(measures_a_surprising_failure_again_and_believes_the_second_word) {
  const model system{};
  unsigned runs = 0;
  const auto found = search({}, [&](double rate, bool) {
    // One moment in which the machine did something else.
    return ++runs == 2 ? model{.capacity = 3'000}.at(rate) : system.at(rate);
  });
  BOOST_TEST(tried(found, 4'000) == 2u);
  BOOST_TEST((found.trials[2].why == trial_kind::again));
  BOOST_TEST(*found.rate() > 28'000.0);
  BOOST_TEST(found.trials[*found.beyond].seen.rate > *found.rate());
}

BOOST_AUTO_TEST_CASE(takes_an_answer_back_that_a_long_run_does_not_confirm) {
  const auto found = search({}, [&](double rate, bool long_run) {
    return model{.capacity = long_run ? 24'000.0 : 30'000.0}.at(rate);
  });
  BOOST_REQUIRE(found.rate());
  BOOST_TEST(*found.rate() <= 24'000.0);
  BOOST_TEST(*found.rate() > 19'000.0);
  BOOST_TEST(found.trials[*found.beyond].seen.rate > *found.rate());
}

BOOST_AUTO_TEST_CASE(does_not_look_twice_at_a_decisive_failure) {
  const auto found = search({.target = 20'000.0}, model{.capacity = 4'000});
  BOOST_TEST(tried(found, 20'000) == 1u);
}

BOOST_AUTO_TEST_CASE(a_step_down_does_not_go_over_the_target) {
  // 27,000 are kept up for a moment, 20,000 for long; the target lies between two steps.
  search_plan plan{.target = 20'000.0};
  const auto found = search(plan, [&](double rate, bool long_run) {
    return model{.capacity = long_run ? 20'100.0 : 27'000.0, .floor_ms = 1}.at(rate);
  });
  plan.wanted.p99_ms = 1e9;
  const auto patient = search(plan, [&](double rate, bool long_run) {
    return model{.capacity = long_run ? 20'100.0 : 27'000.0}.at(rate);
  });
  BOOST_TEST(*patient.rate() == 20'000.0);
  BOOST_TEST(found.rate().has_value());
}

BOOST_AUTO_TEST_CASE(goes_down_until_a_long_run_stands) {
  const auto found = search({}, [&](double rate, bool long_run) {
    return model{.capacity = long_run ? 6'000.0 : 900'000.0}.at(rate);
  });
  BOOST_REQUIRE(found.rate());
  BOOST_TEST(*found.rate() <= 6'000.0);
  std::size_t confirms = 0;
  for (const auto& t : found.trials)
    confirms += t.why == trial_kind::confirm;
  BOOST_TEST(confirms <= search_plan{}.confirms);
}

BOOST_AUTO_TEST_CASE(takes_a_wish_below_the_usual_least) {
  const auto low = search({.target = 5.0, .most = 5}, model{});
  BOOST_TEST(*low.rate() == 5.0);
  BOOST_TEST(low.reached_most);
}

BOOST_AUTO_TEST_CASE(a_cliff_is_found_as_a_slope_is) {
  const auto found = search({}, [](double rate, bool) {
    return model{.capacity = rate < 17'000 ? 1e9 : 3'000.0}.at(rate);
  });
  BOOST_TEST(*found.rate() < 17'000.0);
  BOOST_TEST(*found.rate() > 16'000.0);
}

BOOST_AUTO_TEST_CASE(the_first_failure_of_a_measurement_ends_it) {
  const auto found = search_capacity({}, [](double, bool) -> result<observation> {
    return failure{errc::stopping, "SIGINT"};
  });
  BOOST_REQUIRE(!found);
  BOOST_TEST((found.error().code == errc::stopping));
}

BOOST_AUTO_TEST_CASE(shows_every_rate_once_with_its_last_word) {
  search_result s;
  s.trials = {{trial_kind::climb, {.rate = 2}, {.what = finding::too_slow}},
              {trial_kind::climb, {.rate = 1}, {}},
              {trial_kind::again, {.rate = 2}, {}}};
  const auto rows = by_rate(s);
  BOOST_REQUIRE(rows.size() == 2u);
  BOOST_TEST(rows[0]->seen.rate == 1.0);
  BOOST_TEST(rows[1]->judged.sustained());
}

BOOST_AUTO_TEST_SUITE_END()
