#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "pipeline/errc.hpp"
#include "pipeline/ledger.hpp"
#include "pipeline/progress.hpp"
#include "pipeline/status_board.hpp"

namespace td {

/// What became of work that was handed to the database gate (`taylordash_gate_jobs_total`).
enum class gate_outcome : std::uint8_t { done, failed, busy, away, timed_out, stopping };
inline constexpr std::array<std::string_view, 6> gate_outcomes{"done", "failed",    "busy",
                                                               "away", "timed_out", "stopping"};

/// Every metric of the pipeline, declared once, here. Labels come from closed sets. The full list
/// is golden in tests/pipeline/metrics_test.cpp. Any thread may count.
class metrics {
  // First, because every member below is registered in it.
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();

 public:
  metrics(std::string_view version, std::string_view node);

  /// The registry that /metrics serves. Ledger, lane and dependency gauges are brought up to date
  /// by `refresh`.
  std::shared_ptr<prometheus::Registry> registry() const { return registry_; }

  /// Copies what the ledger and the board say into their gauges and counters. Called before a
  /// scrape; one thread at a time.
  void refresh(const ledger_counts& counts, const status_board& board,
               const progress_board& progress);

  // -- what happened to events ---
  void dead_lettered(std::string_view stage, errc code, std::uint64_t events = 1);
  void given_back(errc code, std::uint64_t events);

  // -- what waits for the database ---
  void gate_job(gate_outcome outcome);

  prometheus::Counter& payload_conflicts;
  prometheus::Counter& restamped_ids;
  prometheus::Counter& retained_messages;
  prometheus::Counter& redelivered_messages;
  prometheus::Counter& late_verdicts;
  prometheus::Counter& received_bytes;
  prometheus::Counter& batches;
  prometheus::Counter& broker_connects;
  prometheus::Counter& sessions_lost;
  prometheus::Counter& database_connects;
  prometheus::Counter& partitions_created;
  prometheus::Counter& partitions_dropped;
  prometheus::Counter& schema_changes;
  prometheus::Counter& replay_passed;
  prometheus::Counter& replay_duplicate;
  prometheus::Counter& replay_refused;
  prometheus::Counter& deliveries_handled;
  prometheus::Counter& deliveries_failed;
  prometheus::Counter& outbox_published;
  prometheus::Counter& outbox_confirmed;
  prometheus::Counter& outbox_dead_lettered;
  prometheus::Gauge& outbox_pending;
  prometheus::Gauge& outbox_oldest_seconds;
  prometheus::Gauge& outbox_dead_letters;

  // -- how long things take, seconds ---
  prometheus::Histogram& read_seconds;
  prometheus::Histogram& validate_seconds;
  prometheus::Histogram& write_seconds;
  prometheus::Histogram& commit_seconds;
  prometheus::Histogram& acknowledge_seconds;
  prometheus::Histogram& batch_seconds;
  prometheus::Histogram& batch_events;
  prometheus::Histogram& publish_to_commit_seconds;
  prometheus::Histogram& gate_wait_seconds;
  prometheus::Histogram& gate_run_seconds;
  prometheus::Gauge& gate_waiting;

  /// Many observations of one batch with one lock: counts per bucket of `latency_bounds` plus the
  /// overflow bucket, and their sum.
  static constexpr std::array<double, 16> latency_bounds{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

  /// Collects one batch's latencies without locks.
  class latency_sum {
   public:
    void add(std::chrono::microseconds latency) noexcept;
    void flush(prometheus::Histogram& into);

   private:
    std::array<double, latency_bounds.size() + 1> counts_{};
    double seconds_{};
    std::uint64_t events_{};
  };

 private:
  prometheus::Counter& counter(const char* name, const char* help);
  prometheus::Gauge& gauge(const char* name, const char* help);
  prometheus::Histogram& histogram(const char* name, const char* help,
                                   const prometheus::Histogram::BucketBoundaries& bounds);

  prometheus::Family<prometheus::Counter>& dead_letters_;
  prometheus::Family<prometheus::Counter>& given_back_;
  prometheus::Family<prometheus::Counter>& events_;
  prometheus::Gauge& in_flight_;
  prometheus::Gauge& unaccounted_;
  prometheus::Family<prometheus::Gauge>& lane_state_;
  prometheus::Family<prometheus::Gauge>& lane_unacknowledged_;
  prometheus::Gauge& stalled_lanes_;
  prometheus::Gauge& ready_;
  prometheus::Family<prometheus::Gauge>& dependency_up_;
  prometheus::Family<prometheus::Gauge>& dependency_latency_;
  prometheus::Family<prometheus::Counter>& actor_restarts_;
  prometheus::Family<prometheus::Gauge>& findings_;
  std::array<prometheus::Counter*, gate_outcomes.size()> gate_jobs_{};
  std::map<std::pair<std::int32_t, std::string>, prometheus::Gauge*> lane_gauges_;
  std::map<std::int32_t, prometheus::Gauge*> unacknowledged_gauges_;
};

/// The states a lane can be in: the closed set behind `taylordash_lane_state`.
inline constexpr std::array<std::string_view, 7> lane_states{
    "connecting", "reading", "waiting", "paused", "draining", "restarting", "stopping"};

}  // namespace td
