#include "bench/capacity/usage.hpp"

#include <boost/test/unit_test.hpp>

#include "bench/capacity/counter_probe.hpp"

using namespace td::bench;
namespace tt = boost::test_tools;

namespace {

constexpr plant here{.cores = 4, .lanes = 2, .validators = 2, .connections = 2, .producers = 4};

}  // namespace

BOOST_AUTO_TEST_SUITE(capacity_usage_test)

BOOST_AUTO_TEST_CASE(each_stage_is_busy_relative_to_its_own_places) {
  const counters from{.at_s = 100, .broker_cpu = 5, .machine_cpu = 50};
  const counters to{.at_s = 110,
                    .read = 2,
                    .validate = 4,
                    .write = 15,
                    .commit = 5,
                    .batch = 18,
                    .broker_cpu = 12.5,
                    .generator_cpu = 8,
                    .machine_cpu = 70};
  const auto u = usage_between(from, to, here);
  BOOST_TEST(u.value(stage::broker) == 0.75, tt::tolerance(1e-9));
  BOOST_TEST(u.value(stage::cpu) == 0.5, tt::tolerance(1e-9));
  BOOST_TEST(u.value(stage::read) == 0.1, tt::tolerance(1e-9));
  BOOST_TEST(u.value(stage::validate) == 0.2, tt::tolerance(1e-9));
  BOOST_TEST(u.value(stage::write) == 0.5, tt::tolerance(1e-9));
  BOOST_TEST(u.value(stage::commit) == 0.25, tt::tolerance(1e-9));
  BOOST_TEST(u.value(stage::lane) == 1.0, tt::tolerance(1e-9));
  BOOST_TEST(u.value(stage::generator) == 0.2, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_seen_is_absent_not_idle) {
  const auto u = usage_between({.at_s = 0}, {.at_s = 1}, here);
  BOOST_TEST(!u[stage::broker]);
  BOOST_TEST(!u[stage::disk]);
  BOOST_TEST(u[stage::cpu].has_value());
  const auto c = cost_between({.at_s = 0}, {.at_s = 1, .decided = 10});
  BOOST_TEST(!c.broker_cpu);
  BOOST_TEST(c.machine_cpu.has_value());
}

BOOST_AUTO_TEST_CASE(costs_are_per_event) {
  const auto c =
      cost_between({.at_s = 0, .service_cpu = 1, .wal = 1e6},
                   {.at_s = 10, .batches = 50, .decided = 1e5, .service_cpu = 1.5, .wal = 51e6});
  BOOST_TEST(*c.service_cpu == 5e-6, tt::tolerance(1e-9));
  BOOST_TEST(*c.wal_bytes == 500.0, tt::tolerance(1e-9));
  BOOST_TEST(c.events_per_batch == 2000.0, tt::tolerance(1e-9));
  BOOST_TEST((cost_between({.at_s = 0}, {.at_s = 1}) == event_cost{}));
}

BOOST_AUTO_TEST_CASE(batches_are_full_by_events_or_by_bytes) {
  const counters many{.batches = 10, .bytes = 1e6, .decided = 30'000};
  BOOST_TEST(batch_fill_between({}, many, here) == 0.75, tt::tolerance(1e-9));
  const counters large{.batches = 10, .bytes = 10.0 * (4 << 20), .decided = 400};
  BOOST_TEST(batch_fill_between({}, large, here) == 1.0, tt::tolerance(1e-9));
  BOOST_TEST(batch_fill_between({}, {}, here) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_commit_takes_its_share_of_a_windows_commits) {
  BOOST_TEST(mean_commit_between({.commit = 1, .batches = 10}, {.commit = 3, .batches = 50}) ==
             0.05);
  BOOST_TEST(mean_commit_between({}, {}) == 0.0);
}

BOOST_AUTO_TEST_CASE(reads_the_sums_of_a_scrape_and_misses_none) {
  const std::string text =
      "# TYPE taylordash_read_seconds histogram\ntaylordash_read_seconds_sum 1.5\n"
      "taylordash_validate_seconds_sum 2\ntaylordash_write_seconds_sum 3\n"
      "taylordash_commit_seconds_sum 0.5\ntaylordash_batch_seconds_sum 4\n"
      "taylordash_batches_total 7\n";
  const auto missing = counters_in(text);
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().detail.find("taylordash_received_bytes_total") != std::string::npos);
  const auto c = counters_in(text + "taylordash_received_bytes_total 900\n");
  BOOST_REQUIRE(c);
  BOOST_TEST(c->read == 1.5);
  BOOST_TEST(c->commit == 0.5);
  BOOST_TEST(c->batches == 7.0);
}

BOOST_AUTO_TEST_SUITE_END()
