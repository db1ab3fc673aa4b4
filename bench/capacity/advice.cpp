#include "bench/capacity/advice.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace td::bench {

namespace {

using lines = std::vector<std::string>;

constexpr double room = 0.75;  // of all cores in use: more workers would find no core
constexpr unsigned most = 64;  // of lanes, connections, validators (config/defaults.hpp)
constexpr double heavy_generator = 0.1;

unsigned twice(unsigned n) {
  return std::min(most, n * 2);
}

std::string more_cores(const observation& seen, const plant& here) {
  return fmt::format("more cores than {}, or PostgreSQL on a machine of its own: {}", here.cores,
                     cores_in_use(seen));
}

bool cores_are_busy(const observation& seen) {
  return seen.usage.value(stage::cpu) > room;
}

/// Each lane has one batch on its way; more of them need more of what works on batches.
lines more_lanes(const plant& here) {
  return {"[ingest]", fmt::format("lanes = {}", twice(here.lanes)), "[database]",
          fmt::format("connections = {}", twice(here.connections))};
}

lines for_cpu(const observation& seen, const plant& here) {
  lines all{more_cores(seen, here)};
  const auto share = seen.cost.generator_cpu.value_or(0) * seen.stored;
  if (share > heavy_generator * here.cores) {
    all.push_back(
        fmt::format("producers elsewhere: the load generator itself used {:.1f} of the {} "
                    "cores here",
                    share, here.cores));
  }
  return all;
}

lines for_broker(const observation& seen, const plant&) {
  if (seen.usage[stage::broker].value_or(1) < room)
    return {
        "find out what slows the broker: it waits for something else than its core (its disk "
        "while it saves, its network, a limit on its CPU)"};
  return {
      "Mosquitto works with one thread: a second broker with a service of its own (the same "
      "database will do), producers divided between them; or a broker that uses more cores",
      "a faster core helps in proportion"};
}

lines for_workers(stage narrow, const observation& seen, const plant& here) {
  if (cores_are_busy(seen)) return for_cpu(seen, here);
  if (narrow == stage::validate && here.validators < here.lanes)
    return {"[ingest]", fmt::format("validators = {}", here.lanes)};
  if (narrow == stage::validate) {
    return {"[ingest]", fmt::format("validators = {}", twice(here.validators)),
            fmt::format("lanes = {}", std::max(here.lanes, twice(here.validators)))};
  }
  if (narrow != stage::read && here.connections < here.lanes)
    return {"[database]", fmt::format("connections = {}", here.lanes)};
  auto all = more_lanes(here);
  if (narrow == stage::commit) {
    all.push_back(
        "a disk that flushes faster below pg_wal (its own device, or one with a "
        "protected write cache); concurrent commits share one flush");
  }
  return all;
}

}  // namespace

std::string cores_in_use(const observation& seen) {
  std::vector<std::string> users;
  const auto name = [&](std::string_view who, const std::optional<double>& cost) {
    if (cost) users.push_back(fmt::format("{} {:.2f}", who, *cost * seen.stored));
  };
  name("broker", seen.cost.broker_cpu);
  name("PostgreSQL", seen.cost.postgres_cpu);
  name("service", seen.cost.service_cpu);
  name("load generator", seen.cost.generator_cpu);
  return fmt::format("{} cores in use", fmt::join(users, ", "));
}

std::vector<std::string> advice_for(stage narrow, const observation& seen, const plant& here) {
  switch (narrow) {
    case stage::generator:
      return {
          "measure again with more producers (--producers), or generate the load on another "
          "machine"};
    case stage::cpu:
      return for_cpu(seen, here);
    case stage::broker:
      return for_broker(seen, here);
    case stage::disk:
      return {"a faster disk, or pg_wal on a device of its own",
              "max_wal_size = 8GB   (postgresql.conf: fewer checkpoints, fewer full-page images)"};
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
