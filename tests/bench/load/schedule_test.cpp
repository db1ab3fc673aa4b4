#include "bench/load/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

using std::chrono::nanoseconds;
using namespace td::bench;
using namespace std::chrono_literals;

namespace {

std::vector<nanoseconds> all_due(const load_profile& p) {
  const timetable t{p};
  std::vector<nanoseconds> due;
  for (std::uint64_t n = 0; n < t.events(); ++n)
    due.push_back(t.due(n));
  return due;
}

/// The pieces' cumulative count at a moment.
double count_at(const load_profile& p, double seconds) {
  double count = 0;
  for (const auto& piece : p.pieces) {
    const double length = std::chrono::duration<double>(piece.during).count();
    const double t = std::clamp(seconds, 0.0, length);
    count += piece.from * t + (piece.to - piece.from) / length * t * t / 2;
    seconds -= length;
  }
  return count;
}

/// Between a hundred and some ten thousand events, with ramps, silence and (perhaps) bursts.
load_profile random_profile(std::mt19937_64& random) {
  const auto up_to = [&](std::uint64_t n) { return random() % (n + 1); };
  load_profile p{.pieces = {{100, 100, 1s}}};
  for (std::uint64_t i = 0; i <= up_to(5); ++i) {
    rate_piece piece{.from = static_cast<double>(up_to(30'000)) / 10,
                     .to = static_cast<double>(up_to(30'000)) / 10,
                     .during = std::chrono::milliseconds{1 + up_to(3000)}};
    if (up_to(3) == 0) piece.to = piece.from;
    if (up_to(4) == 0) piece.from = piece.to = 0;
    p.pieces.push_back(piece);
  }
  if (up_to(1) == 0)
    p.bursts = burst_rule{1 + up_to(500), std::chrono::milliseconds{1 + up_to(999)}};
  return p;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedules)

BOOST_AUTO_TEST_CASE(spread_a_constant_rate_evenly) {
  auto expected = 0ns;
  for (const auto d : all_due({.pieces = {{1000, 1000, 100ms}}})) {
    BOOST_TEST(std::abs((d - expected).count()) <= 1);
    expected += 1ms;
  }
  BOOST_TEST((expected == 100ms));
}

BOOST_AUTO_TEST_CASE(do_not_drift_over_a_day) {
  const timetable t{constant_rate(30'000, 30'000ull * 86'400 + 1)};
  BOOST_TEST(t.events() >= 30'000ull * 86'400 + 1);
  BOOST_TEST(std::abs((t.due(30'000ull * 86'400) - nanoseconds{24h}).count()) <= 1000);
}

BOOST_AUTO_TEST_CASE(have_room_for_every_event_at_a_constant_rate) {
  for (const double rate : {0.3, 1.0, 7.0, 999.9, 33'333.3, 10e6}) {
    for (const std::uint64_t events : {1, 2, 3, 1000, 77'777})
      BOOST_TEST(timetable{constant_rate(rate, events)}.events() >= events);
  }
}

BOOST_AUTO_TEST_CASE(solve_a_ramp) {
  // 0 to 1000/s in 10 s: 50 t^2 events until t.
  const load_profile ramp{.pieces = {{0, 1000, 10s}}};
  const auto due = all_due(ramp);
  BOOST_REQUIRE(due.size() == 5000u);
  for (std::size_t n = 0; n < due.size(); ++n) {
    const double t = std::sqrt(static_cast<double>(n) / 50);
    BOOST_TEST(std::abs(static_cast<double>(due[n].count()) - t * 1e9) <= 2);
  }
  // Falling, the same in the mirror.
  const auto falling = all_due({.pieces = {{1000, 0, 10s}}});
  BOOST_REQUIRE(falling.size() == 5000u);
  for (std::size_t n = 1; n < due.size(); ++n)
    BOOST_TEST(std::abs((falling[n] + due[due.size() - n] - nanoseconds{10s}).count()) <= 10);
}

BOOST_AUTO_TEST_CASE(put_a_burst_at_its_moment_behind_what_was_due_before) {
  const auto due = all_due({.pieces = {{10, 10, 1s}}, .bursts = burst_rule{3, 250ms}});
  const std::vector<nanoseconds> expected{0ms,   100ms, 200ms, 250ms, 250ms, 250ms, 300ms,
                                          400ms, 500ms, 500ms, 500ms, 500ms, 600ms, 700ms,
                                          750ms, 750ms, 750ms, 800ms, 900ms};
  BOOST_REQUIRE(due.size() == expected.size());
  for (std::size_t i = 0; i < due.size(); ++i)
    BOOST_TEST(std::abs((due[i] - expected[i]).count()) <= 1);
}

BOOST_AUTO_TEST_CASE(wait_through_silence) {
  const auto due =
      all_due({.pieces = {{0, 0, 1s}, {2, 2, 1s}, {0, 0, 5s}, {1, 1, 2s}, {0, 0, 1s}}});
  const std::vector<nanoseconds> expected{1s, 1500ms, 7s, 8s};
  BOOST_TEST((due == expected));
}

BOOST_AUTO_TEST_CASE(never_go_back_and_have_the_right_count_at_every_moment) {
  const auto seed = 20261121u;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 200; ++i) {
    const auto p = random_profile(random);
    BOOST_TEST_CONTEXT(to_text(p)) {
      const auto due = all_due(p);
      BOOST_REQUIRE(std::is_sorted(due.begin(), due.end()));
      BOOST_REQUIRE((due.front() >= 0ns));
      BOOST_REQUIRE((due.back() <= nanoseconds{p.duration()}));
      const auto end = std::chrono::duration<double>(p.duration()).count();
      for (int probe = 1; probe <= 20; ++probe) {
        const double t = end * probe / 20;
        const nanoseconds until{static_cast<std::int64_t>(t * 1e9)};
        const auto found = std::lower_bound(due.begin(), due.end(), until) - due.begin();
        double expected = count_at(p, t);
        if (p.bursts) {
          for (auto b = nanoseconds{p.bursts->every};
               b < std::min(until, nanoseconds{p.duration()}); b += p.bursts->every)
            expected += static_cast<double>(p.bursts->events);
        }
        // A burst just at the probe may round to either side.
        const bool at_burst = p.bursts && until % p.bursts->every < 2ns;
        if (!at_burst) BOOST_TEST(std::abs(static_cast<double>(found) - expected) <= 1.001);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(give_every_event_to_exactly_one_producer) {
  std::mt19937_64 random{5};
  for (int i = 0; i < 20; ++i) {
    const auto p = random_profile(random);
    auto expected = all_due(p);
    const auto whole = std::make_shared<const timetable>(p);
    for (const unsigned producers : {1u, 3u, 7u}) {
      std::vector<nanoseconds> dealt;
      for (unsigned who = 0; who < producers; ++who) {
        const schedule s{whole, who, producers};
        for (std::uint64_t k = 0; k < s.events(); ++k)
          dealt.push_back(s.due(k));
      }
      std::sort(dealt.begin(), dealt.end());
      BOOST_TEST((dealt == expected));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
