#include "bench/capacity/advice.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace td::bench {

namespace {

using lines = std::vector<change>;

constexpr double room = 0.75;  // of all cores in use: more workers would find no core
constexpr unsigned most = 64;  // of lanes, connections, validators (config/defaults.hpp)
constexpr double least_share = 1.0 / 3;
constexpr double heavy = 0.1;  // of the cores, for somebody who need not be here

unsigned twice(unsigned n) {
  return std::min(most, n * 2);
}

change setting(std::string text) {
  return {std::move(text), true};
}

change sentence(std::string text) {
  return {std::move(text), false};
}

bool cores_are_busy(const observation& seen) {
  return seen.usage.value(stage::cpu) > room && cores_are_ours(seen);
}

/// Each lane has one batch on its way; more of them need more of what works on batches.
lines more_lanes(const plant& here) {
  return {setting("[ingest]"), setting(fmt::format("lanes = {}", twice(here.lanes))),
          setting("[database]"), setting(fmt::format("connections = {}", twice(here.connections)))};
}

lines for_cpu(const observation& seen, const plant& here) {
  lines all;
  if (const double others = foreign_cores(seen); others > heavy * here.cores) {
    all.push_back(
        sentence(fmt::format("Measure again on a machine that is otherwise idle: somebody "
                             "else used {:.1f} of the {} cores.",
                             others, here.cores)));
  }
  all.push_back(
      sentence(fmt::format("More cores than {}, or PostgreSQL on a machine of its own. In "
                           "use: {}.",
                           here.cores, cores_in_use(seen))));
  const auto share = seen.cost.generator_cpu.value_or(0) * seen.stored;
  if (share > heavy * here.cores) {
    all.push_back(
        sentence(fmt::format("Producers elsewhere: the load generator itself used {:.1f} "
                             "of the {} cores.",
                             share, here.cores)));
  }
  return all;
}

lines for_broker(const observation& seen) {
  if (seen.usage[stage::broker].value_or(1) < room) {
    return {
        sentence("Find out what slows the broker: it waits for something else than its core (its "
                 "disk while it saves, its network, a limit on its CPU).")};
  }
  return {
      sentence("Mosquitto works with one thread: a second broker with a service of its own (the "
               "same database will do) and the producers divided between them, or a broker that "
               "uses more cores."),
      sentence("A faster core helps in proportion.")};
}

lines for_workers(stage narrow, const observation& seen, const plant& here) {
  if (cores_are_busy(seen)) return for_cpu(seen, here);
  if (narrow == stage::validate && here.validators < here.lanes)
    return {setting("[ingest]"), setting(fmt::format("validators = {}", here.lanes))};
  if (narrow == stage::validate) {
    return {setting("[ingest]"), setting(fmt::format("validators = {}", twice(here.validators))),
            setting(fmt::format("lanes = {}", std::max(here.lanes, twice(here.validators))))};
  }
  if (narrow != stage::read && here.connections < here.lanes)
    return {setting("[database]"), setting(fmt::format("connections = {}", here.lanes))};
  auto all = more_lanes(here);
  if (narrow == stage::commit) {
    all.push_back(
        sentence("A disk that flushes faster below pg_wal: a device of its own, or one with "
                 "a protected write cache. Concurrent commits share one flush."));
  }
  return all;
}

}  // namespace

double foreign_cores(const observation& seen) {
  const auto& c = seen.cost;
  if (!c.machine_cpu || !c.broker_cpu || !c.postgres_cpu || !c.service_cpu || !c.generator_cpu)
    return 0;
  const double ours = *c.broker_cpu + *c.postgres_cpu + *c.service_cpu + *c.generator_cpu;
  return std::max(0.0, (*c.machine_cpu - ours) * seen.stored);
}

bool cores_are_ours(const observation& seen) {
  if (!seen.cost.machine_cpu) return true;
  return foreign_cores(seen) <= (1 - least_share) * *seen.cost.machine_cpu * seen.stored;
}

std::string cores_in_use(const observation& seen) {
  std::vector<std::string> users;
  const auto name = [&](std::string_view who, const std::optional<double>& cost) {
    if (cost) users.push_back(fmt::format("{} {:.2f}", who, *cost * seen.stored));
  };
  name("broker", seen.cost.broker_cpu);
  name("PostgreSQL", seen.cost.postgres_cpu);
  name("service", seen.cost.service_cpu);
  name("load generator", seen.cost.generator_cpu);
  if (const double others = foreign_cores(seen); others > 0)
    users.push_back(fmt::format("anybody else {:.2f}", others));
  return fmt::format("{} cores", fmt::join(users, ", "));
}

std::vector<change> advice_for(stage narrow, const observation& seen, const plant& here) {
  switch (narrow) {
    case stage::generator:
      return {
          sentence("Measure again with more producers (--producers), or publish from another "
                   "machine.")};
    case stage::cpu:
      return for_cpu(seen, here);
    case stage::broker:
      return for_broker(seen);
    case stage::disk:
      return {sentence("A faster disk, or pg_wal on a device of its own."),
              sentence("In postgresql.conf, for fewer checkpoints and full-page images:"),
              setting("max_wal_size = 8GB")};
    case stage::read:
    case stage::validate:
    case stage::write:
    case stage::commit:
    case stage::lane:
      return for_workers(narrow, seen, here);
  }
  return {};
}

}  // namespace td::bench
