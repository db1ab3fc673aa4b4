#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// Where the servers' programs are.
struct server_programs {
  std::filesystem::path postgres_bin{"/usr/lib/postgresql/15/bin"};  ///< initdb and postgres
  std::filesystem::path mosquitto{"/usr/sbin/mosquitto"};
};

/// configuration_invalid: one is missing; the detail says which package has it.
result<void> check_programs(const server_programs& programs);

/// The whole environment of a server: what a shell has set for other PostgreSQLs (PGDATA, PGPORT)
/// or locales must not reach it.
std::vector<std::string> server_environment();

}  // namespace td
