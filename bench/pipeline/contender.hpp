#pragma once

#include <cstdint>
#include <string>

#include "bench/child.hpp"
#include "bench/servers.hpp"
#include "config/settings.hpp"

namespace td::bench {

/// Who says what a contender has done, once it has done it.
enum class truth_source : std::uint8_t {
  journal,  ///< the rows and the journal of batches
  rows,     ///< the rows alone: it keeps no journal; the end is when all of them were seen
  itself,   ///< its own last line: nothing reaches the database
};

/// What is measured: a process that brings events from the broker to the database, or a part of
/// that way.
struct contender {
  std::string name{};
  child_command command{};
  std::string ready_line{};  ///< in its output once every lane is subscribed
  truth_source truth{truth_source::journal};
  bool feeds_itself{};  ///< makes its events and writes what `load` writes: no broker, no producers
};

/// Lanes and batch bounds, the same for every contender.
using lane_settings = struct settings::ingest;

/// `taylordash serve`, everything on. `program`: the path of the binary.
contender service_contender(const bench_servers& servers, const lane_settings& lanes,
                            const std::string& program);

/// limit_drain, as `taylordash-bench drain`. `program`: the path of the bench itself.
contender limit_contender(const bench_servers& servers, const lane_settings& lanes,
                          const std::string& program);

/// mosquitto_drain, as `taylordash-bench drain-mosquitto`: the limit over the usual library.
contender mosquitto_contender(const bench_servers& servers, const lane_settings& lanes,
                              const std::string& program);

/// limit_broker, as `taylordash-bench subscribe`, which says what it has received after `events`.
contender broker_contender(const bench_servers& servers, const lane_settings& lanes,
                           const std::string& program, std::uint64_t events);

/// limit_copy, as `taylordash-bench copy`.
contender copy_contender(const bench_servers& servers, const lane_settings& lanes,
                         const std::string& program, std::uint64_t events, std::uint64_t seed);

/// How the usual stack (Python, paho-mqtt, asyncpg) stores.
enum class peer_form : std::uint8_t {
  insert,  ///< one INSERT per event
  copy,    ///< what has come in meanwhile, with one COPY
};

/// bench/peers/usual_mirror.py. `script`: its path. It keeps no journal.
struct peer_settings {
  unsigned processes{1};
  unsigned connections{2};  ///< to the database, of each process
};
contender peer_contender(const bench_servers& servers, const lane_settings& lanes,
                         const std::string& script, peer_form form, const peer_settings& peer);

/// The lines with which the limits say that they begin.
inline constexpr const char* drain_ready_line = "drain ready";
inline constexpr const char* subscribe_ready_line = "subscribe ready";
inline constexpr const char* copy_ready_line = "copy ready";

}  // namespace td::bench
