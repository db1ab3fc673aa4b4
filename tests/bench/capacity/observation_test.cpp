#include "bench/capacity/observation.hpp"

#include <random>

#include <boost/test/unit_test.hpp>

#include "tests/bench/capacity/models.hpp"

using namespace td::bench;
using td::bench::testing::model;

namespace {

constexpr wish quarter{};

/// A backlog that grows so much a second, with noise of so many events.
observation noisy(double rate, double growth, double noise) {
  std::mt19937 dice{7};
  std::normal_distribution<double> error{0, noise};
  observation o{
      .rate = rate, .offered = rate, .stored = rate - growth, .window_s = 8, .p99_ms = 20};
  for (int i = 0; i <= 50; ++i) {
    const double at = o.window_s * i / 50;
    o.backlog.push_back({at, 1000 + growth * at + error(dice)});
  }
  return o;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(capacity_observation_test)

BOOST_AUTO_TEST_CASE(a_steady_backlog_is_sustained) {
  BOOST_TEST(judge(noisy(20'000, 0, 400), quarter).sustained());
}

BOOST_AUTO_TEST_CASE(a_growing_backlog_is_not_however_quick_the_events_still_are) {
  const auto j = judge(noisy(20'000, 1'000, 400), quarter);
  BOOST_TEST((j.what == finding::backlog_grows));
  BOOST_TEST(j.growth > 900.0);
  BOOST_TEST(j.growth < 1'100.0);
  BOOST_TEST(j.close);  // 95 % is stored: noise may say so
  BOOST_TEST(!judge(model{.capacity = 5'000}.at(20'000), quarter).close);
}

BOOST_AUTO_TEST_CASE(one_pause_is_no_growth) {
  auto o = noisy(20'000, 0, 50);
  for (std::size_t i = 40; i < 46; ++i)
    o.backlog[i].events += 15'000;  // the broker saves for a second
  BOOST_TEST(judge(o, quarter).sustained());
}

BOOST_AUTO_TEST_CASE(latency_above_the_wish_is_too_slow) {
  auto o = noisy(20'000, 0, 10);
  o.p99_ms = 251;
  BOOST_TEST((judge(o, quarter).what == finding::too_slow));
}

BOOST_AUTO_TEST_CASE(a_late_generator_is_its_own_fault_unless_the_broker_held_it_up) {
  auto o = noisy(20'000, 0, 10);
  o.late_p99_ms = 80;
  BOOST_TEST((judge(o, quarter).what == finding::generator_limited));
  o.offered = 15'000;
  BOOST_TEST((judge(o, quarter).what == finding::generator_limited));
  o = noisy(20'000, 5'000, 10);
  o.late_p99_ms = 900;
  o.blocked_share = 0.4;
  BOOST_TEST((judge(o, quarter).what == finding::backlog_grows));
}

BOOST_AUTO_TEST_CASE(a_generator_that_is_a_little_late_does_not_explain_seconds) {
  auto o = noisy(20'000, 0, 10);
  o.late_p99_ms = 80;
  o.p99_ms = 2'000;
  BOOST_TEST((judge(o, quarter).what == finding::too_slow));
  o.p99_ms = 120;
  BOOST_TEST((judge(o, {.p99_ms = 100}).what == finding::generator_limited));
  o = noisy(20'000, 8'000, 10);
  o.late_p99_ms = 80;
  o.offered = 19'000;
  BOOST_TEST((judge(o, quarter).what == finding::backlog_grows));
}

BOOST_AUTO_TEST_CASE(a_load_that_was_cut_is_blamed_on_whom_held_it_up) {
  const auto generator = model{.capacity = 1e6, .generator = 5'000}.at(20'000);
  BOOST_TEST(generator.cut);
  BOOST_TEST((judge(generator, quarter).what == finding::generator_limited));
  const auto broker = model{.capacity = 5'000, .holds_up = true}.at(20'000);
  BOOST_TEST(broker.cut);
  BOOST_TEST((judge(broker, quarter).what == finding::backlog_grows));
  // Held up to the end, with a backlog that looks steady, and a wish that lets a lot pass.
  auto o = noisy(20'000, 0, 10);
  o.cut = true;
  BOOST_TEST((judge(o, {.p99_ms = 1e6}).what == finding::backlog_grows));
}

BOOST_AUTO_TEST_CASE(less_than_half_stored_is_decisive) {
  BOOST_TEST(judge(model{.capacity = 5'000}.at(20'000), quarter).decisive);
  BOOST_TEST(!judge(model{.capacity = 15'000}.at(20'000), quarter).decisive);
  BOOST_TEST(!judge(model{}.at(20'000), quarter).decisive);
}

BOOST_AUTO_TEST_CASE(a_trend_needs_three_samples) {
  BOOST_TEST(backlog_trend_of({}).slope == 0.0);
  BOOST_TEST(backlog_trend_of({{0, 0}, {1, 100}}).slope == 0.0);
  BOOST_TEST(backlog_trend_of({{0, 0}, {1, 100}, {2, 200}}).slope == 100.0);
}

BOOST_AUTO_TEST_SUITE_END()
