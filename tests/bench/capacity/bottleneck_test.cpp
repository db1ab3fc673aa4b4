#include "bench/capacity/bottleneck.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>

using namespace td::bench;

namespace {

constexpr plant here{.cores = 4, .lanes = 2, .validators = 2, .connections = 2, .producers = 4};
constexpr judgement overrun{.what = finding::backlog_grows};

observation seen(std::initializer_list<std::pair<stage, double>> shares, double fill = 1) {
  observation o{.rate = 20'000, .offered = 20'000, .stored = 15'000, .batch_fill = fill};
  for (const auto& [s, share] : shares)
    o.usage.set(s, share);
  return o;
}

bool advises(const bottleneck& b, std::string_view setting) {
  return std::any_of(b.changes.begin(), b.changes.end(),
                     [&](const change& c) { return c.setting && c.text == setting; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(capacity_bottleneck_test)

BOOST_AUTO_TEST_CASE(what_works_all_the_time_comes_before_those_who_wait_for_it) {
  const auto b = find_bottleneck(seen({{stage::cpu, 0.97},
                                       {stage::broker, 0.5},
                                       {stage::lane, 1},
                                       {stage::write, 0.7},
                                       {stage::commit, 0.25}}),
                                 overrun, nullptr, here);
  BOOST_TEST((b.what == stage::cpu));
  BOOST_TEST(b.certain);
  BOOST_TEST((b.next->what == stage::write));
  BOOST_TEST(!advises(b, "lanes = 4"));  // there is no core for them
}

BOOST_AUTO_TEST_CASE(a_broker_on_its_one_core_is_named_and_no_setting_helps) {
  const auto b = find_bottleneck(
      seen({{stage::cpu, 0.4}, {stage::broker, 0.98}, {stage::lane, 0.7}}), overrun, nullptr, here);
  BOOST_TEST((b.what == stage::broker));
  BOOST_TEST(std::none_of(b.changes.begin(), b.changes.end(), [](auto& c) { return c.setting; }));
}

BOOST_AUTO_TEST_CASE(a_broker_that_gives_nothing_is_found_by_the_queue_in_front_of_idle_lanes) {
  const auto b = find_bottleneck(
      seen({{stage::cpu, 0.3}, {stage::broker, 0.2}, {stage::lane, 0.2}}), overrun, nullptr, here);
  BOOST_TEST((b.what == stage::broker));
  BOOST_TEST(b.certain);
  BOOST_TEST(b.why.find("80 %") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_broker_that_makes_producers_wait_is_named_even_when_the_queue_stands_still) {
  auto o = seen({{stage::cpu, 0.1}, {stage::broker, 0.02}, {stage::lane, 0.1}});
  o.blocked_share = 0.9;
  const auto b = find_bottleneck(o, {.what = finding::too_slow}, nullptr, here);
  BOOST_TEST((b.what == stage::broker));
  BOOST_TEST(b.certain);
}

BOOST_AUTO_TEST_CASE(cores_that_others_fill_are_not_the_systems_bound) {
  auto o = seen({{stage::cpu, 1}, {stage::lane, 1}, {stage::commit, 0.95}});
  o.cost = {.broker_cpu = 1e-6,
            .postgres_cpu = 1e-6,
            .service_cpu = 1e-6,
            .generator_cpu = 1e-6,
            .machine_cpu = 1e-4};
  const auto b = find_bottleneck(o, overrun, nullptr, here);
  BOOST_TEST((b.what == stage::commit));
  BOOST_TEST(advises(b, "lanes = 4"));
  o.cost.machine_cpu = 8e-6;
  BOOST_TEST((find_bottleneck(o, overrun, nullptr, here).what == stage::cpu));
}

BOOST_AUTO_TEST_CASE(a_pool_that_is_full_is_named_with_the_line_to_change) {
  plant one = here;
  one.validators = 1;
  const auto v = find_bottleneck(
      seen({{stage::cpu, 0.4}, {stage::validate, 0.99}, {stage::lane, 1}, {stage::write, 0.1}}),
      overrun, nullptr, one);
  BOOST_TEST((v.what == stage::validate));
  BOOST_TEST(advises(v, "validators = 2"));
  const auto c = find_bottleneck(
      seen({{stage::cpu, 0.3}, {stage::lane, 1}, {stage::write, 0.2}, {stage::commit, 0.75}}),
      overrun, nullptr, here);
  BOOST_TEST((c.what == stage::commit));
  BOOST_TEST(advises(c, "connections = 4"));
  BOOST_TEST(advises(c, "lanes = 4"));
}

BOOST_AUTO_TEST_CASE(busy_connections_with_small_batches_have_room) {
  const auto b = find_bottleneck(seen({{stage::cpu, 0.3},
                                       {stage::broker, 0.6},
                                       {stage::lane, 1},
                                       {stage::write, 0.5},
                                       {stage::commit, 0.45}},
                                      0.02),
                                 {.what = finding::too_slow}, nullptr, here);
  BOOST_TEST((b.what == stage::broker));
  BOOST_TEST(!b.certain);
}

BOOST_AUTO_TEST_CASE(lanes_that_are_never_idle_name_the_longest_part_of_the_way) {
  plant many = here;
  many.connections = 8;
  many.validators = 8;
  const auto b = find_bottleneck(
      seen({{stage::cpu, 0.4}, {stage::lane, 1}, {stage::commit, 0.2}, {stage::write, 0.03}}),
      overrun, nullptr, many);
  BOOST_TEST((b.what == stage::commit));
  BOOST_TEST(advises(b, "lanes = 4"));
}

BOOST_AUTO_TEST_CASE(the_generator_is_not_the_system) {
  const auto b = find_bottleneck(seen({{stage::cpu, 0.4}}), {.what = finding::generator_limited},
                                 nullptr, here);
  BOOST_TEST((b.what == stage::generator));
  const auto crowded = find_bottleneck(seen({{stage::cpu, 0.99}}),
                                       {.what = finding::generator_limited}, nullptr, here);
  BOOST_TEST((crowded.what == stage::cpu));
}

BOOST_AUTO_TEST_CASE(nothing_it_says_weakens_the_promise) {
  for (std::size_t i = 0; i < stages; ++i) {
    for (const auto& c : advice_for(static_cast<stage>(i), seen({{stage::cpu, 0.2}}), here)) {
      for (const auto* word : {"synchronous_commit", "fsync", "full_page_writes", "QoS 0"})
        BOOST_TEST(c.text.find(word) == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(tells_who_else_used_the_cores) {
  auto o = seen({{stage::cpu, 1}});
  o.cost = {.broker_cpu = 1e-5,
            .postgres_cpu = 2e-5,
            .service_cpu = 1e-5,
            .generator_cpu = 1e-5,
            .machine_cpu = 1e-4};
  BOOST_TEST(foreign_cores(o) == 0.75, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(cores_in_use(o).find("anybody else 0.75") != std::string::npos);
  o.cost.broker_cpu.reset();
  BOOST_TEST(foreign_cores(o) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
