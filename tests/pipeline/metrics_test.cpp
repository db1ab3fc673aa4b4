#include "pipeline/metrics.hpp"

#include <set>

#include <boost/test/unit_test.hpp>
#include <prometheus/text_serializer.h>

#include "pipeline/http_metrics.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

double value(metrics& m, const std::string& name, const std::string& label = "") {
  for (const auto& family : m.registry()->Collect()) {
    if (family.name != name) continue;
    for (const auto& metric : family.metric) {
      const bool fits = label.empty() || (!metric.label.empty() && metric.label[0].value == label);
      if (fits) return metric.counter.value + metric.gauge.value;
    }
  }
  return -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_test)

/// The golden list: a metric that is renamed breaks somebody's dashboard.
BOOST_AUTO_TEST_CASE(exports_exactly_the_documented_metrics) {
  metrics m{"1.2.3", "node"};
  m.dead_lettered("scan", errc::not_json);
  m.given_back(errc::database_away, 2);
  status_board board;
  progress_board progress;
  lane_status lane;
  lane.state = "reading";
  board.set(lane);
  progress.turned(0, progress_board::clock::now());
  board.set(actor_status{"mirror 0", "running", 2});
  board.report(dependency_database, "mirror 0", true, "", 250us);
  m.refresh(ledger_counts{}, board, progress);

  std::set<std::string> names;
  for (const auto& family : m.registry()->Collect())
    names.insert(family.name);
  const std::set<std::string> golden{
      "taylordash_acknowledge_seconds",
      "taylordash_actor_restarts_total",
      "taylordash_batch_events",
      "taylordash_batch_seconds",
      "taylordash_batches_total",
      "taylordash_broker_connects_total",
      "taylordash_build_info",
      "taylordash_commit_seconds",
      "taylordash_database_connects_total",
      "taylordash_dead_letters_total",
      "taylordash_deliveries_failed_total",
      "taylordash_deliveries_handled_total",
      "taylordash_dependency_latency_seconds",
      "taylordash_dependency_up",
      "taylordash_events_total",
      "taylordash_gate_jobs_total",
      "taylordash_gate_run_seconds",
      "taylordash_gate_wait_seconds",
      "taylordash_gate_waiting_jobs",
      "taylordash_given_back_total",
      "taylordash_findings",
      "taylordash_in_flight_events",
      "taylordash_lane_state",
      "taylordash_lane_unacknowledged_seconds",
      "taylordash_late_verdicts_total",
      "taylordash_outbox_confirmed_total",
      "taylordash_outbox_dead_lettered_total",
      "taylordash_outbox_dead_letters",
      "taylordash_outbox_oldest_seconds",
      "taylordash_outbox_pending_events",
      "taylordash_outbox_published_total",
      "taylordash_partitions_created_total",
      "taylordash_partitions_dropped_total",
      "taylordash_payload_conflicts_total",
      "taylordash_publish_to_commit_seconds",
      "taylordash_read_seconds",
      "taylordash_ready",
      "taylordash_received_bytes_total",
      "taylordash_redelivered_messages_total",
      "taylordash_replay_duplicate_total",
      "taylordash_replay_passed_total",
      "taylordash_replay_refused_total",
      "taylordash_restamped_ids_total",
      "taylordash_retained_messages_total",
      "taylordash_schema_changes_total",
      "taylordash_sessions_lost_total",
      "taylordash_stalled_lanes",
      "taylordash_unaccounted_events",
      "taylordash_validate_seconds",
      "taylordash_write_seconds",
  };
  BOOST_CHECK_EQUAL_COLLECTIONS(names.begin(), names.end(), golden.begin(), golden.end());
}

BOOST_AUTO_TEST_CASE(the_http_window_exports_exactly_the_documented_metrics) {
  http_metrics m;
  m.add("GET", "/things/{id}").observe(200, 3ms);
  std::set<std::string> names;
  for (const auto& family : m.registry()->Collect())
    names.insert(family.name);
  const std::set<std::string> golden{
      "taylordash_http_connections",
      "taylordash_http_in_flight_requests",
      "taylordash_http_request_seconds",
      "taylordash_http_requests_total",
  };
  BOOST_CHECK_EQUAL_COLLECTIONS(names.begin(), names.end(), golden.begin(), golden.end());
}

BOOST_AUTO_TEST_CASE(requests_are_counted_by_route_and_status) {
  http_metrics m;
  auto& things = m.add("GET", "/things/{id}");
  things.observe(200, 3ms);
  things.observe(200, 3ms);
  things.observe(599, 3ms);
  things.observe(1000, 3ms);  // no status: it has its place, and nothing breaks
  m.unmatched().observe(404, 1ms);
  const auto text = prometheus::TextSerializer{}.Serialize(m.registry()->Collect());
  for (auto line : {R"(requests_total{method="GET",route="/things/{id}",status="200"} 2)",
                    R"(requests_total{method="other",route="unmatched",status="404"} 1)",
                    R"(request_seconds_count{method="GET",route="/things/{id}"} 4)"}) {
    BOOST_TEST(text.find(line) != std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(brings_the_ledger_up_to_date_at_each_refresh) {
  metrics m{"1", "n"};
  const status_board board;
  const progress_board progress;
  m.refresh({.received = 10, .stored = 6, .duplicate = 1, .in_flight = 2}, board, progress);
  BOOST_TEST(value(m, "taylordash_events_total", "received") == 10.0);
  BOOST_TEST(value(m, "taylordash_unaccounted_events") == 1.0);
  m.refresh({.received = 12, .stored = 12}, board, progress);
  BOOST_TEST(value(m, "taylordash_events_total", "stored") == 12.0);
  BOOST_TEST(value(m, "taylordash_in_flight_events") == 0.0);
  BOOST_TEST(value(m, "taylordash_unaccounted_events") == 0.0);
}

BOOST_AUTO_TEST_CASE(sorts_a_batch_of_latencies_into_the_histogram_in_one_step) {
  metrics m{"1", "n"};
  metrics::latency_sum sum;
  sum.add(400us);
  sum.add(500us);  // a bound belongs to its bucket
  sum.add(-5s);    // a producer's clock ahead of ours counts as zero
  sum.add(100s);   // beyond the last bound
  sum.flush(m.publish_to_commit_seconds);
  const auto h = m.publish_to_commit_seconds.Collect().histogram;
  BOOST_TEST(h.sample_count == 4u);
  BOOST_TEST(h.bucket.front().cumulative_count == 3u);
  BOOST_TEST(h.bucket.back().cumulative_count == 4u);
  BOOST_TEST(h.sample_sum == 100.0009, boost::test_tools::tolerance(1e-9));
  sum.flush(m.publish_to_commit_seconds);  // it is empty again
  BOOST_TEST(m.publish_to_commit_seconds.Collect().histogram.sample_count == 4u);
}

BOOST_AUTO_TEST_CASE(shows_one_state_per_lane_and_none_for_lanes_that_are_gone) {
  metrics m{"1", "n"};
  status_board board;
  progress_board progress;
  lane_status lane;
  lane.slot = 4;
  lane.state = "paused";
  board.set(lane);
  m.refresh({}, board, progress);
  double sum = 0;
  const auto total = [&] {
    sum = 0;
    for (const auto& family : m.registry()->Collect()) {
      if (family.name != "taylordash_lane_state") continue;
      for (const auto& metric : family.metric)
        sum += metric.gauge.value;
    }
    return sum;
  };
  BOOST_TEST(total() == 1.0);
  board.remove_lane(4);
  m.refresh({}, board, progress);
  BOOST_TEST(total() == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
