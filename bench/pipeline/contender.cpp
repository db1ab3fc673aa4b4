#include "bench/pipeline/contender.hpp"

#include <fmt/format.h>

namespace td::bench {

namespace {

std::vector<std::pair<std::string, std::string>> broker_environment(const bench_servers& servers) {
  const auto broker = servers.as_service();
  return {{"MQTT_URL", fmt::format("mqtt://{}:{}", broker.host, broker.port)},
          {"MQTT_USER", broker.username},
          {"MQTT_PASSWORD", broker.password}};
}

std::vector<std::string> with_lanes(std::vector<std::string> arguments,
                                    const lane_settings& lanes) {
  for (auto& more : {std::string{"--lanes"}, std::to_string(lanes.lanes),
                     std::string{"--batch-events"}, std::to_string(lanes.batch_events),
                     std::string{"--batch-bytes"}, std::to_string(lanes.batch_bytes)})
    arguments.push_back(more);
  return arguments;
}

contender drain_contender(const char* name, const char* command, const bench_servers& servers,
                          const lane_settings& lanes, const std::string& program) {
  auto environment = broker_environment(servers);
  environment.emplace_back("DATABASE_URL", servers.database_url());
  return {.name = name,
          .command = {.arguments = with_lanes(
                          {program, command, "--receive-maximum",
                           std::to_string(lanes.receive_maximum), "--group", servers.group()},
                          lanes),
                      .environment = std::move(environment)},
          .ready_line = drain_ready_line};
}

}  // namespace

contender service_contender(const bench_servers& servers, const lane_settings& lanes,
                            const std::string& program) {
  const auto broker = servers.as_service();
  const auto count = std::to_string(lanes.lanes);
  return {.name = "service",
          .command = {.arguments = {program, "serve"},
                      .environment = {{"TAYLORDASH_MQTT__HOST", broker.host},
                                      {"TAYLORDASH_MQTT__PORT", std::to_string(broker.port)},
                                      {"TAYLORDASH_MQTT__USERNAME", broker.username},
                                      {"TAYLORDASH_MQTT__PASSWORD", broker.password},
                                      {"TAYLORDASH_MQTT__GROUP", servers.group()},
                                      {"TAYLORDASH_DATABASE__URL", servers.database_url()},
                                      {"TAYLORDASH_DATABASE__CONNECTIONS", count},
                                      {"TAYLORDASH_INGEST__LANES", count},
                                      {"TAYLORDASH_INGEST__VALIDATORS", count},
                                      {"TAYLORDASH_INGEST__BATCH_EVENTS",
                                       std::to_string(lanes.batch_events)},
                                      {"TAYLORDASH_INGEST__BATCH_BYTES",
                                       std::to_string(lanes.batch_bytes)},
                                      {"TAYLORDASH_INGEST__RECEIVE_MAXIMUM",
                                       std::to_string(lanes.receive_maximum)},
                                      {"TAYLORDASH_HTTP__PORT", "0"},
                                      {"TAYLORDASH_LOG__FORMAT", "text"}}},
          .ready_line = "service ready"};
}

contender limit_contender(const bench_servers& servers, const lane_settings& lanes,
                          const std::string& program) {
  return drain_contender("limit", "drain", servers, lanes, program);
}

contender mosquitto_contender(const bench_servers& servers, const lane_settings& lanes,
                              const std::string& program) {
  return drain_contender("libmosquitto", "drain-mosquitto", servers, lanes, program);
}

contender broker_contender(const bench_servers& servers, const lane_settings& lanes,
                           const std::string& program, std::uint64_t events) {
  return {.name = "broker alone",
          .command = {.arguments = with_lanes({program, "subscribe", "--receive-maximum",
                                               std::to_string(lanes.receive_maximum), "--group",
                                               servers.group(), "--events", std::to_string(events)},
                                              lanes),
                      .environment = broker_environment(servers)},
          .ready_line = subscribe_ready_line,
          .truth = truth_source::itself};
}

contender copy_contender(const bench_servers& servers, const lane_settings& lanes,
                         const std::string& program, std::uint64_t events, std::uint64_t seed) {
  return {.name = "COPY alone",
          .command = {.arguments = with_lanes({program, "copy", "--events", std::to_string(events),
                                               "--seed", std::to_string(seed)},
                                              lanes),
                      .environment = {{"DATABASE_URL", servers.database_url()}}},
          .ready_line = copy_ready_line,
          .feeds_itself = true};
}

contender peer_contender(const bench_servers& servers, const lane_settings& lanes,
                         const std::string& script, peer_form form, const peer_settings& peer) {
  auto environment = broker_environment(servers);
  environment.emplace_back("DATABASE_URL", servers.database_url());
  const bool copies = form == peer_form::copy;
  return {.name = copies ? "paho + COPY" : "paho + INSERT",
          .command = {.arguments = {"/usr/bin/python3", script, "--form",
                                    copies ? "copy" : "insert", "--group", servers.group(),
                                    "--processes", std::to_string(peer.processes), "--connections",
                                    std::to_string(peer.connections), "--batch-events",
                                    std::to_string(lanes.batch_events), "--receive-maximum",
                                    std::to_string(lanes.receive_maximum)},
                      .environment = std::move(environment)},
          .ready_line = "peer ready",
          .truth = truth_source::rows};
}

}  // namespace td::bench
