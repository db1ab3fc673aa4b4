#include "bench/capacity/usage.hpp"

#include <algorithm>

namespace td::bench {

namespace {

using share = std::optional<double>;

share between(const share& from, const share& to) {
  if (!from || !to) return std::nullopt;
  return std::max(0.0, *to - *from);
}

share over(const share& part, double whole) {
  if (!part || whole <= 0) return std::nullopt;
  return *part / whole;
}

}  // namespace

std::string_view name_of(stage s) noexcept {
  constexpr std::array<std::string_view, stages> names{
      "generator", "cpu", "broker", "disk", "read", "validate", "write", "commit", "lane"};
  return names[static_cast<std::size_t>(s)];
}

std::string_view what_of(stage s) noexcept {
  constexpr std::array<std::string_view, stages> names{
      "the load generator's threads", "all cores of this machine together",
      "the broker's one thread",      "the device below the database",
      "lanes: reading MQTT",          "validators: parse, envelope, schema",
      "database connections: COPY",   "database connections: COMMIT, the flush of the WAL",
      "lanes: a batch's whole way"};
  return names[static_cast<std::size_t>(s)];
}

stage_usage usage_between(const counters& from, const counters& to, const plant& here) {
  const double window = to.at_s - from.at_s;
  stage_usage u;
  const auto put = [&](stage s, const share& busy, double places) {
    if (const auto part = over(busy, window * places)) u.set(s, std::clamp(*part, 0.0, 1.0));
  };
  const double write = to.write - from.write;
  const double commit = to.commit - from.commit;
  put(stage::generator, between(from.generator_cpu, to.generator_cpu),
      std::min(here.producers, here.cores));
  put(stage::cpu, between(from.machine_cpu, to.machine_cpu), here.cores);
  put(stage::broker, between(from.broker_cpu, to.broker_cpu), 1);
  put(stage::disk, between(from.disk, to.disk), 1);
  put(stage::read, to.read - from.read, here.lanes);
  put(stage::validate, to.validate - from.validate, here.validators);
  put(stage::write, write - commit, here.connections);
  put(stage::commit, commit, here.connections);
  put(stage::lane, to.read - from.read + to.batch - from.batch, here.lanes);
  return u;
}

event_cost cost_between(const counters& from, const counters& to) {
  const double events = to.decided - from.decided;
  if (events <= 0) return {};
  const double batches = to.batches - from.batches;
  return {.broker_cpu = over(between(from.broker_cpu, to.broker_cpu), events),
          .postgres_cpu = over(between(from.postgres_cpu, to.postgres_cpu), events),
          .service_cpu = over(between(from.service_cpu, to.service_cpu), events),
          .generator_cpu = over(between(from.generator_cpu, to.generator_cpu), events),
          .machine_cpu = over(between(from.machine_cpu, to.machine_cpu), events),
          .wal_bytes = over(between(from.wal, to.wal), events),
          .disk_bytes = over(between(from.stored_bytes, to.stored_bytes), events),
          .events_per_batch = batches > 0 ? events / batches : 0};
}

double mean_commit_between(const counters& from, const counters& to) {
  const double batches = to.batches - from.batches;
  return batches > 0 ? std::max(0.0, to.commit - from.commit) / batches : 0;
}

double batch_fill_between(const counters& from, const counters& to, const plant& here) {
  const double batches = to.batches - from.batches;
  if (batches <= 0) return 0;
  const double events = (to.decided - from.decided) / batches / here.batch_events;
  const double bytes = (to.bytes - from.bytes) / batches / here.batch_bytes;
  return std::clamp(std::max(events, bytes), 0.0, 1.0);
}

}  // namespace td::bench
