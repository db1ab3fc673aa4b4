#include "actors/maintenance.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"

using namespace td;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;

namespace {

struct record {
  bool leads{true};
  bool away{};
  int rounds{};
  std::uint32_t to_index{};
  std::vector<std::pair<sys_days, sys_days>> ensured;
  struct taken {
    sys_days today;
    timestamp now;
    retention_defaults defaults;
    std::string actor;
  };
  std::vector<taken> applied;
  std::vector<sys_days> pruned_before;
  std::vector<retention_policy> policies;
  retention_run run;
  std::optional<failure> refuses;
  const timestamp* server_time{};
};

class recording_store final : public partition_store {
 public:
  explicit recording_store(record& r) : r_{r} {}
  result<timestamp> now() override { return *r_.server_time; }
  result<std::uint32_t> ensure(sys_days first, sys_days last) override {
    if (r_.away) return failure{errc::database_away, "away"};
    r_.ensured.emplace_back(first, last);
    return 1u;
  }
  result<retention_rules> rules(const retention_defaults& defaults) override {
    return retention_rules{defaults, r_.policies};
  }
  result<retention_plan> plan_retention(const retention_rules&, sys_days, timestamp) override {
    return retention_plan{};
  }
  result<retention_run> apply_retention(const retention_rules& rules, sys_days today, timestamp at,
                                        std::string_view actor) override {
    r_.applied.push_back({today, at, rules.defaults(), std::string{actor}});
    BOOST_TEST(rules.policies(retained::events).size() == r_.policies.size());
    if (r_.refuses) return *r_.refuses;
    return r_.run;
  }
  result<std::uint32_t> index_closed(sys_days) override {
    if (r_.to_index == 0) return 0u;
    --r_.to_index;
    return 3u;
  }
  result<std::uint64_t> prune_journal(sys_days first_kept) override {
    r_.pruned_before.push_back(first_kept);
    return std::uint64_t{0};
  }
  result<bool> lead() override {
    ++r_.rounds;
    return r_.leads;
  }
  result<void> reconnect() override {
    if (r_.away) return failure{errc::database_away, "away"};
    return ok();
  }

 private:
  record& r_;
};

struct fixture : test::deterministic {
  record log;
  timestamp today{sys_days{std::chrono::year{2026} / 11 / 20}.time_since_epoch() + 13h};
  maintenance_actor actor;

  void start() {
    if (log.server_time == nullptr) log.server_time = &today;
    actor = make_scheduled_maintenance(
        sys, shared,
        [this]() -> result<std::unique_ptr<partition_store>> {
          return std::make_unique<recording_store>(log);
        },
        [this] { return today; });
    run();
  }
  ~fixture() { end(actor); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(maintenance_test, fixture)

BOOST_AUTO_TEST_CASE(makes_partitions_ahead_and_takes_what_retention_lets_go) {
  log.policies = {{.what = retained::events, .topic_prefix = "a/", .keep_days = 7}};
  log.run = {.days_dropped = 2, .events = 40, .dead_letters = 3};
  start();
  const auto day = sys_days{std::chrono::year{2026} / 11 / 20};
  BOOST_REQUIRE_EQUAL(log.ensured.size(), 1u);
  BOOST_TEST((log.ensured[0] == std::pair{day - days{30}, day + days{3}}));
  BOOST_REQUIRE_EQUAL(log.applied.size(), 1u);
  BOOST_TEST((log.applied[0].today == day));
  BOOST_TEST((log.applied[0].now == today));
  BOOST_TEST(
      (log.applied[0].defaults == retention_defaults{days{30}, settings{}.retention.dead_letters}));
  BOOST_TEST(log.applied[0].actor == "the service");
  BOOST_TEST((log.pruned_before == std::vector{day - days{30}}));
  BOOST_TEST(shared->meters.partitions_dropped.Value() == 2);
}

BOOST_AUTO_TEST_CASE(what_is_in_the_way_of_retention_is_in_the_way_of_nothing_else) {
  log.run.error = "events_mirror_20261020 is left for the next run";
  log.to_index = 3;
  start();
  BOOST_TEST(log.pruned_before.size() == 1u);
  advance(1s);
  BOOST_TEST(log.to_index == 0u);
  const auto rounds = log.rounds;
  advance(9min);  // and is not tried again and again
  BOOST_TEST(log.rounds == rounds);
}

BOOST_AUTO_TEST_CASE(a_retention_that_fails_is_tried_again_soon) {
  log.refuses = failure{errc::database_away, "away"};
  start();
  BOOST_TEST(log.applied.size() == 1u);
  BOOST_TEST(log.pruned_before.empty());
  log.refuses.reset();
  advance(10s);
  BOOST_TEST(log.applied.size() == 2u);
  BOOST_TEST(log.pruned_before.size() == 1u);
}

BOOST_AUTO_TEST_CASE(retention_follows_the_clock_that_is_behind) {
  const auto theirs = today - 20min;
  log.server_time = &theirs;
  start();
  BOOST_TEST((log.applied[0].now == theirs));
}

BOOST_AUTO_TEST_CASE(drops_nothing_by_a_clock_that_is_not_the_databases) {
  const auto theirs = today;
  log.server_time = &theirs;
  today += days{40};  // a flat battery, a wrong time server
  start();
  const auto day = sys_days{std::chrono::year{2026} / 11 / 20};
  BOOST_TEST_REQUIRE(log.ensured.size() == 1u);
  BOOST_TEST((log.ensured[0] == std::pair{day - days{30}, day + days{3}}));
  BOOST_TEST(log.applied.empty());
  BOOST_TEST(log.pruned_before.empty());
  today = theirs + 59min;
  advance(10min);
  BOOST_TEST(log.applied.size() == 1u);
}

BOOST_AUTO_TEST_CASE(follows_the_calendar) {
  start();
  today += days{1};
  advance(10min);
  BOOST_REQUIRE_EQUAL(log.ensured.size(), 2u);
  BOOST_TEST((log.ensured[1].second - log.ensured[0].second == days{1}));
}

BOOST_AUTO_TEST_CASE(leaves_the_work_to_the_node_that_leads) {
  log.leads = false;
  start();
  advance(30min);
  BOOST_TEST(log.ensured.empty());
  log.leads = true;
  advance(10min);
  BOOST_TEST(log.ensured.size() == 1u);
}

BOOST_AUTO_TEST_CASE(tries_again_soon_after_a_failure) {
  log.away = true;
  start();
  advance(9s);
  BOOST_TEST(log.rounds == 1);
  log.away = false;
  advance(1s);
  BOOST_TEST(log.ensured.size() == 1u);
}

BOOST_AUTO_TEST_CASE(indexes_one_closed_day_after_another_without_waiting_ten_minutes) {
  log.to_index = 3;
  start();
  advance(1s);
  BOOST_TEST(log.to_index == 0u);
  BOOST_TEST(log.rounds == 4);
}

BOOST_AUTO_TEST_SUITE_END()
