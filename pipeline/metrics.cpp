#include "pipeline/metrics.hpp"

#include <algorithm>
#include <vector>

#include <prometheus/family.h>

#include "pipeline/http_metrics.hpp"

namespace td {

namespace {

using bounds = prometheus::Histogram::BucketBoundaries;

bounds latencies() {
  return {metrics::latency_bounds.begin(), metrics::latency_bounds.end()};
}

/// Brings a counter up to a total that is kept elsewhere; totals never fall.
void raise_to(prometheus::Counter& c, double total) {
  if (total > c.Value()) c.Increment(total - c.Value());
}

}  // namespace

prometheus::Counter& metrics::counter(const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add({});
}

prometheus::Gauge& metrics::gauge(const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add({});
}

prometheus::Histogram& metrics::histogram(const char* name, const char* help, const bounds& b) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add({}, b);
}

metrics::metrics(std::string_view version, std::string_view node)
    : payload_conflicts(counter("taylordash_payload_conflicts_total",
                                "Duplicates whose payload differs from the stored event's")),
      restamped_ids(counter("taylordash_restamped_ids_total",
                            "Event ids seen again with another occurred_at (best effort)")),
      retained_messages(
          counter("taylordash_retained_messages_total", "Messages published with the retain flag")),
      redelivered_messages(counter("taylordash_redelivered_messages_total",
                                   "Messages the broker marked as delivered before")),
      late_verdicts(counter("taylordash_late_verdicts_total",
                            "Verdicts dropped because their connection or batch was gone")),
      received_bytes(
          counter("taylordash_received_bytes_total", "Topic and body bytes of received messages")),
      batches(counter("taylordash_batches_total", "Batches committed and acknowledged")),
      broker_connects(counter("taylordash_broker_connects_total",
                              "Successful connections of lanes to the broker")),
      sessions_lost(counter("taylordash_sessions_lost_total",
                            "Reconnects at which the broker no longer had the lane's session")),
      database_connects(counter("taylordash_database_connects_total",
                                "Successful connections of mirrors to the database")),
      partitions_created(
          counter("taylordash_partitions_created_total", "Daily partitions made ahead")),
      partitions_dropped(
          counter("taylordash_partitions_dropped_total", "Daily partitions dropped by retention")),
      schema_changes(counter("taylordash_schema_changes_total",
                             "Times a changed set of schemas was put in force")),
      replay_passed(
          counter("taylordash_replay_passed_total", "Items that replay jobs sent with success")),
      replay_duplicate(counter("taylordash_replay_duplicate_total",
                               "Items of replay jobs that were there already")),
      replay_refused(
          counter("taylordash_replay_refused_total", "Items of replay jobs that failed again")),
      deliveries_handled(
          counter("taylordash_deliveries_handled_total", "Deliveries that a consumer has handled")),
      deliveries_failed(counter("taylordash_deliveries_failed_total",
                                "Deliveries that a consumer could not handle, each attempt")),
      outbox_published(counter("taylordash_outbox_published_total",
                               "Events of the outbox that the broker acknowledged, each time")),
      outbox_confirmed(counter("taylordash_outbox_confirmed_total",
                               "Events of the outbox that were seen in the mirror")),
      outbox_dead_lettered(counter("taylordash_outbox_dead_lettered_total",
                                   "Events of the outbox that the pipeline refused")),
      outbox_pending(gauge("taylordash_outbox_pending_events",
                           "Events of the outbox that are not confirmed yet")),
      outbox_oldest_seconds(gauge("taylordash_outbox_oldest_seconds",
                                  "Age of the oldest event that is not confirmed; 0: none")),
      outbox_dead_letters(gauge("taylordash_outbox_dead_letters",
                                "Refused events of the outbox whose dead letter is open")),
      read_seconds(histogram("taylordash_read_seconds",
                             "CPU time to read one batch from the broker", latencies())),
      validate_seconds(histogram("taylordash_validate_seconds",
                                 "Time to check one batch, without its wait", latencies())),
      write_seconds(histogram("taylordash_write_seconds",
                              "Time to write and commit one batch, without its wait", latencies())),
      commit_seconds(histogram("taylordash_commit_seconds",
                               "Of the time to write one batch, its COMMIT: the flush to disk",
                               latencies())),
      acknowledge_seconds(histogram("taylordash_acknowledge_seconds",
                                    "Time to send one batch's PUBACKs", latencies())),
      batch_seconds(histogram("taylordash_batch_seconds",
                              "From the last byte of a batch read to its PUBACKs sent",
                              latencies())),
      batch_events(histogram("taylordash_batch_events", "Messages per committed batch",
                             bounds{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2000, 4000, 8000})),
      publish_to_commit_seconds(
          histogram("taylordash_publish_to_commit_seconds",
                    "From an event's occurred_at (the producer's clock) to its commit; "
                    "batches with duplicates are left out",
                    latencies())),
      gate_wait_seconds(histogram("taylordash_gate_wait_seconds",
                                  "Time that a request's work waited for a connection",
                                  latencies())),
      gate_run_seconds(histogram("taylordash_gate_run_seconds",
                                 "Time that a request's work held its connection", latencies())),
      gate_waiting(prometheus::BuildGauge()
                       .Name("taylordash_gate_waiting_jobs")
                       .Help("Work of HTTP requests that waits for a connection")
                       .Register(*registry_)
                       .Add({})),
      dead_letters_(prometheus::BuildCounter()
                        .Name("taylordash_dead_letters_total")
                        .Help("Events dead-lettered, by stage and machine code")
                        .Register(*registry_)),
      given_back_(prometheus::BuildCounter()
                      .Name("taylordash_given_back_total")
                      .Help("Messages given back to the broker unacknowledged, by reason")
                      .Register(*registry_)),
      events_(prometheus::BuildCounter()
                  .Name("taylordash_events_total")
                  .Help("The ledger: messages received and what became of them")
                  .Register(*registry_)),
      in_flight_(prometheus::BuildGauge()
                     .Name("taylordash_in_flight_events")
                     .Help("Messages read whose verdict is outstanding")
                     .Register(*registry_)
                     .Add({})),
      unaccounted_(
          prometheus::BuildGauge()
              .Name("taylordash_unaccounted_events")
              .Help("received - stored - duplicate - dead_lettered - given_back - in_flight: "
                    "always 0")
              .Register(*registry_)
              .Add({})),
      lane_state_(prometheus::BuildGauge()
                      .Name("taylordash_lane_state")
                      .Help("1 for the state each lane is in")
                      .Register(*registry_)),
      lane_unacknowledged_(
          prometheus::BuildGauge()
              .Name("taylordash_lane_unacknowledged_seconds")
              .Help("For how long each lane has held work without acknowledging any; 0: none")
              .Register(*registry_)),
      stalled_lanes_(prometheus::BuildGauge()
                         .Name("taylordash_stalled_lanes")
                         .Help("Lanes whose work has not moved for ingest.stall_after")
                         .Register(*registry_)
                         .Add({})),
      ready_(prometheus::BuildGauge()
                 .Name("taylordash_ready")
                 .Help("1 while /health/ready answers 200; 0 also while the service starts")
                 .Register(*registry_)
                 .Add({})),
      dependency_up_(prometheus::BuildGauge()
                         .Name("taylordash_dependency_up")
                         .Help("1 while the dependency answers")
                         .Register(*registry_)),
      dependency_latency_(prometheus::BuildGauge()
                              .Name("taylordash_dependency_latency_seconds")
                              .Help("Latency of the dependency's last use or probe")
                              .Register(*registry_)),
      actor_restarts_(prometheus::BuildCounter()
                          .Name("taylordash_actor_restarts_total")
                          .Help("Restarts of each supervised actor since start")
                          .Register(*registry_)),
      findings_(prometheus::BuildGauge()
                    .Name("taylordash_findings")
                    .Help("Findings of the doctor's last look at broker, database and machine")
                    .Register(*registry_)) {
  // A counter that is born with its first value has no increase that anybody could see.
  for (const auto why : {errc::broker_away, errc::database_away, errc::internal, errc::overloaded,
                         errc::stopping, errc::timed_out}) {
    given_back(why, 0);
  }
  auto& gate_jobs =
      prometheus::BuildCounter()
          .Name("taylordash_gate_jobs_total")
          .Help("Work that HTTP requests handed to the database, by what became of it")
          .Register(*registry_);
  for (std::size_t i = 0; i < gate_outcomes.size(); ++i)
    gate_jobs_[i] = &gate_jobs.Add({{"outcome", std::string{gate_outcomes[i]}}});
  prometheus::BuildGauge()
      .Name("taylordash_build_info")
      .Help("Constant 1, labelled with the version and the node")
      .Register(*registry_)
      .Add({{"version", std::string{version}}, {"node", std::string{node}}})
      .Set(1);
}

void metrics::dead_lettered(std::string_view stage, errc code, std::uint64_t events) {
  dead_letters_.Add({{"stage", std::string{stage}}, {"code", std::string{name_of(code)}}})
      .Increment(static_cast<double>(events));
}

void metrics::given_back(errc code, std::uint64_t events) {
  given_back_.Add({{"reason", std::string{name_of(code)}}}).Increment(static_cast<double>(events));
}

void metrics::gate_job(gate_outcome outcome) {
  gate_jobs_[static_cast<std::size_t>(outcome)]->Increment();
}

void metrics::refresh(const ledger_counts& counts, const status_board& board,
                      const progress_board& progress) {
  const auto set = [this](const char* what, std::uint64_t n) {
    raise_to(events_.Add({{"outcome", what}}), static_cast<double>(n));
  };
  set("received", counts.received);
  set("stored", counts.stored);
  set("duplicate", counts.duplicate);
  set("dead_lettered", counts.dead_lettered);
  set("given_back", counts.given_back);
  in_flight_.Set(static_cast<double>(counts.in_flight));
  unaccounted_.Set(static_cast<double>(counts.unaccounted()));

  for (auto& [key, gauge] : lane_gauges_)
    gauge->Set(0);
  for (const auto& lane : board.lanes()) {
    for (const auto state : lane_states) {
      auto& gauge = lane_gauges_[{lane.slot, std::string{state}}];
      if (!gauge)
        gauge =
            &lane_state_.Add({{"lane", std::to_string(lane.slot)}, {"state", std::string{state}}});
      gauge->Set(lane.state == state ? 1 : 0);
    }
  }
  for (auto& [lane, gauge] : unacknowledged_gauges_)
    gauge->Set(0);
  for (const auto& [lane, owing] : progress.owing(progress_board::clock::now())) {
    auto& gauge = unacknowledged_gauges_[lane];
    if (!gauge) gauge = &lane_unacknowledged_.Add({{"lane", std::to_string(lane)}});
    gauge->Set(std::chrono::duration<double>(owing).count());
  }
  ready_.Set(board.ready() ? 1 : 0);
  stalled_lanes_.Set(static_cast<double>(board.stalls().size()));
  for (const auto& d : board.dependencies()) {
    dependency_up_.Add({{"dependency", d.name}}).Set(d.ok ? 1 : 0);
    dependency_latency_.Add({{"dependency", d.name}})
        .Set(std::chrono::duration<double>(d.latency).count());
  }
  for (const auto& actor : board.actors()) {
    raise_to(actor_restarts_.Add({{"actor", actor.name}}), static_cast<double>(actor.restarts));
  }
  const auto findings = board.findings();
  for (const auto level : {severity::note, severity::warning, severity::danger}) {
    findings_.Add({{"severity", std::string{name_of(level)}}})
        .Set(static_cast<double>(count_of(findings, level)));
  }
}

void metrics::latency_sum::add(std::chrono::microseconds latency) noexcept {
  const double s = std::max(0.0, std::chrono::duration<double>(latency).count());
  const auto bucket = std::lower_bound(latency_bounds.begin(), latency_bounds.end(), s);
  counts_[static_cast<std::size_t>(bucket - latency_bounds.begin())] += 1;
  seconds_ += s;
  ++events_;
}

void metrics::latency_sum::flush(prometheus::Histogram& into) {
  if (events_ == 0) return;
  into.ObserveMultiple({counts_.begin(), counts_.end()}, seconds_);
  *this = {};
}

// -- the HTTP window ---

http_metrics::http_metrics()
    : in_flight(prometheus::BuildGauge()
                    .Name("taylordash_http_in_flight_requests")
                    .Help("Requests whose answer is not sent yet")
                    .Register(*registry_)
                    .Add({})),
      connections(prometheus::BuildGauge()
                      .Name("taylordash_http_connections")
                      .Help("Open connections of HTTP clients")
                      .Register(*registry_)
                      .Add({})),
      requests_(prometheus::BuildCounter()
                    .Name("taylordash_http_requests_total")
                    .Help("HTTP requests answered, by method, route (its template) and status")
                    .Register(*registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("taylordash_http_request_seconds")
                     .Help("From a request's header read to its answer handed over, by route")
                     .Register(*registry_)) {
  unmatched_ = &add("other", "unmatched");
}

http_metrics::route::route(http_metrics& all, std::string method, std::string path)
    : all_{all},
      method_{std::move(method)},
      path_{std::move(path)},
      seconds_{all.durations_.Add({{"method", method_}, {"route", path_}}, latencies())} {}

http_metrics::route& http_metrics::add(std::string_view method, std::string_view path) {
  routes_.push_back(
      std::unique_ptr<route>{new route{*this, std::string{method}, std::string{path}}});
  return *routes_.back();
}

void http_metrics::route::observe(unsigned status, std::chrono::nanoseconds took) {
  seconds_.Observe(std::chrono::duration<double>(took).count());
  auto& place = by_status_[std::min(status - std::min(status, first_status), statuses - 1)];
  auto* counter = place.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may both come here: the family gives both the same counter.
    counter = &all_.requests_.Add(
        {{"method", method_}, {"route", path_}, {"status", std::to_string(status)}});
    place.store(counter, std::memory_order_release);
  }
  counter->Increment();
}

}  // namespace td
