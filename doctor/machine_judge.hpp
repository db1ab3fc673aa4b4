#pragma once

#include "doctor/machine_survey.hpp"

#include <optional>
#include <vector>

#include "pipeline/finding.hpp"

namespace td {

/// What the service will ask of the machine.
struct machine_needs {
  std::uint64_t open_files{};
  std::uint64_t memory{256u << 20};
};

/// `before`: the clock's offset at the last look of this process.
std::vector<finding> judge_machine(const machine_survey& found, const machine_needs& needs,
                                   std::optional<std::chrono::nanoseconds> before);

/// Versions of the client libraries: those that this program was built with and those it found.
struct library_versions {
  int database_built{};  ///< 150018 is 15.18
  int database_found{};
};
std::vector<finding> judge_libraries(const library_versions& v);

}  // namespace td
