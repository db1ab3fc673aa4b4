#include "verify/fault_plan.hpp"

#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace td::verify {

namespace {

fault_wishes drawn_wishes() {
  return {.seed = *rc::gen::arbitrary<std::uint64_t>(),
          .events = *rc::gen::inRange<std::uint64_t>(1000, 1'000'000),
          .rounds = *rc::gen::inRange<std::size_t>(0, 8),
          .service = *rc::gen::arbitrary<bool>(),
          .postgres = *rc::gen::arbitrary<bool>(),
          .broker = *rc::gen::arbitrary<bool>()};
}

BOOST_AUTO_TEST_CASE(one_seed_is_one_plan) {
  BOOST_TEST(rc::check("same wishes, same plan", [] {
    const auto wishes = drawn_wishes();
    RC_ASSERT(plan_faults(wishes) == plan_faults(wishes));
  }));
}

BOOST_AUTO_TEST_CASE(seeds_differ) {
  std::set<std::uint64_t> first_moments;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    first_moments.insert(
        plan_faults({.seed = seed, .events = 200'000, .rounds = 1}).front().after_events);
  }
  BOOST_TEST(first_moments.size() > 45U);
}

BOOST_AUTO_TEST_CASE(each_round_kills_each_wished_kind_once_and_nothing_else) {
  BOOST_TEST(rc::check("in turn", [] {
    const auto w = drawn_wishes();
    const auto plan = plan_faults(w);
    const auto kinds = static_cast<std::size_t>(w.service) + static_cast<std::size_t>(w.postgres) +
                       static_cast<std::size_t>(w.broker);
    RC_ASSERT(plan.size() == kinds * w.rounds);
    const auto count = [&](auto... kind) {
      return static_cast<std::size_t>(
          std::ranges::count_if(plan, [&](const auto& f) { return ((f.kind == kind) || ...); }));
    };
    RC_ASSERT(count(fault_kind::service) == (w.service ? w.rounds : 0));
    RC_ASSERT(count(fault_kind::postgres, fault_kind::postgres_backend) ==
              (w.postgres ? w.rounds : 0));
    RC_ASSERT(count(fault_kind::broker) == (w.broker ? w.rounds : 0));
    for (std::size_t i = 0; i < std::min(kinds, plan.size()); ++i)
      RC_ASSERT(plan[i].kind != fault_kind::postgres_backend);
  }));
}

BOOST_AUTO_TEST_CASE(moments_rise_and_leave_events_before_and_after) {
  BOOST_TEST(rc::check("moments", [] {
    const auto w = drawn_wishes();
    std::uint64_t before = w.events * 3 / 100;
    for (const auto& f : plan_faults(w)) {
      RC_ASSERT(f.after_events >= before);
      before = f.after_events;
      RC_ASSERT(f.downtime.count() == 0 || f.kind == fault_kind::service);
    }
    RC_ASSERT(before <= w.events * 93 / 100);
  }));
}

BOOST_AUTO_TEST_CASE(single_sessions_are_killed_now_and_then) {
  std::size_t sessions = 0;
  std::size_t servers = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (const auto& f : plan_faults({.seed = seed, .events = 200'000, .rounds = 4})) {
      if (f.kind == fault_kind::postgres_backend) ++sessions;
      if (f.kind == fault_kind::postgres) ++servers;
    }
  }
  BOOST_TEST(sessions > 10U);
  BOOST_TEST(servers > sessions);
}

BOOST_AUTO_TEST_CASE(fault_names_are_read) {
  fault_wishes w;
  BOOST_TEST(read_fault_names("service,broker", w).has_value());
  BOOST_TEST((w.service && !w.postgres && w.broker));
  BOOST_TEST(read_fault_names("postgres", w).has_value());
  BOOST_TEST((!w.service && w.postgres && !w.broker));
  BOOST_TEST(read_fault_names("none", w).has_value());
  BOOST_TEST((!w.service && !w.postgres && !w.broker));
}

BOOST_AUTO_TEST_CASE(unknown_fault_names_are_refused_by_name) {
  for (const auto* text : {"", "postgre", "service,", "service, broker", "none,service"}) {
    fault_wishes w;
    const auto read = read_fault_names(text, w);
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.error().code == errc::configuration_invalid));
  }
  fault_wishes w;
  BOOST_TEST(read_fault_names("service,brocker", w).error().detail.find("brocker") !=
             std::string::npos);
}

}  // namespace

}  // namespace td::verify
