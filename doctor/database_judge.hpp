#pragma once

#include "doctor/machine_survey.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/finding.hpp"
#include "storage/database_survey.hpp"

namespace td {

/// What the service will ask of the database, and what is known beside the survey.
struct database_needs {
  std::int64_t connections{};         ///< of this node
  bool running{};                     ///< they are open already
  int days_ahead{3};                  ///< retention.days_ahead
  std::chrono::hours retention{720};  ///< retention.events
  std::optional<disk_space> disk{};   ///< of the data directory, where it can be seen
};

/// Plain logic: thresholds and sentences. Every part that was looked at has a finding, `ok` too.
std::vector<finding> judge_database(const database_survey& found, const database_needs& needs);

/// The database did not let us look.
finding database_unreachable(const failure& why);

// -- the parts of it, each in a file of its own ---

std::vector<finding> judge_durability(const database_survey& found);
std::vector<finding> judge_schema_and_rights(const database_survey& found);
std::vector<finding> judge_sessions(const database_survey& found, const database_needs& needs);
std::vector<finding> judge_space(const database_survey& found, const database_needs& needs);

}  // namespace td
