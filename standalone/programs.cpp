#include "standalone/programs.hpp"

#include <array>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace td {

result<void> check_programs(const server_programs& programs) {
  const std::array<std::pair<std::filesystem::path, const char*>, 3> needed{
      {{programs.postgres_bin / "postgres", "postgresql-15"},
       {programs.postgres_bin / "initdb", "postgresql-15"},
       {programs.mosquitto, "mosquitto"}}};
  for (const auto& [file, package] : needed) {
    if (::access(file.c_str(), X_OK) == 0) continue;
    return failure{errc::configuration_invalid,
                   fmt::format("{} is missing: apt-get install {}, or say where it is with "
                               "--postgres-bin DIR or --mosquitto FILE",
                               file.string(), package),
                   {}};
  }
  return ok();
}

std::vector<std::string> server_environment() {
  return {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "TZ=UTC", "HOME=/"};
}

}  // namespace td
