#pragma once

#include <string>

#include "bench/child.hpp"
#include "bench/servers.hpp"
#include "config/settings.hpp"

namespace td::bench {

/// What is measured: a process that brings events from the broker to the database.
struct contender {
  std::string name{};
  child_command command{};
  std::string ready_line{};  ///< in its output once every lane is subscribed
};

/// Lanes and batch bounds, the same for every contender.
using lane_settings = struct settings::ingest;

/// `taylordash serve`, everything on. `program`: the path of the binary.
contender service_contender(const bench_servers& servers, const lane_settings& lanes,
                            const std::string& program);

/// limit_drain, as `taylordash-bench drain`. `program`: the path of the bench itself.
contender limit_contender(const bench_servers& servers, const lane_settings& lanes,
                          const std::string& program);

/// The line with which `taylordash-bench drain` says that it is subscribed.
inline constexpr const char* drain_ready_line = "drain ready";

}  // namespace td::bench
