#include "bench/pipeline/contender.hpp"

#include <fmt/format.h>

namespace td::bench {

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
  const auto broker = servers.as_service();
  return {.name = "limit",
          .command = {.arguments = {program, "drain", "--lanes", std::to_string(lanes.lanes),
                                    "--batch-events", std::to_string(lanes.batch_events),
                                    "--batch-bytes", std::to_string(lanes.batch_bytes),
                                    "--receive-maximum", std::to_string(lanes.receive_maximum),
                                    "--group", servers.group()},
                      .environment = {{"MQTT_URL",
                                       fmt::format("mqtt://{}:{}", broker.host, broker.port)},
                                      {"MQTT_USER", broker.username},
                                      {"MQTT_PASSWORD", broker.password},
                                      {"DATABASE_URL", servers.database_url()}}},
          .ready_line = drain_ready_line};
}

}  // namespace td::bench
