#pragma once

#include "doctor/broker_judge.hpp"
#include "doctor/broker_survey.hpp"
#include "doctor/database_judge.hpp"
#include "doctor/machine_judge.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "pipeline/finding.hpp"
#include "storage/stores.hpp"

namespace td {

/// Where to look, and what is asked of what is there.
struct doctor_options {
  broker_probe_options broker{};
  broker_needs of_broker{};               ///< without `file`, `quick` and `dropped_before`
  std::filesystem::path broker_config{};  ///< mosquitto.conf; empty: not to be read
  database_options database{};
  database_needs of_database{};             ///< without `disk`
  std::filesystem::path database_folder{};  ///< where its data lies, if that is known
  machine_needs of_machine{};
  bool look_at_broker{true};
  bool look_at_database{true};
};

/// What one look remembers for the next.
struct doctor_memory {
  std::optional<std::uint64_t> dropped{};
  std::optional<std::chrono::nanoseconds> clock_offset{};
};

struct examination {
  std::vector<finding> findings{};  ///< as they came: broker, database, machine
  bool broker{};                    ///< it could be looked at
  bool database{};
};

/// One look at broker, database and machine. Blocks for as long as they take to answer: with
/// `options.broker.quick` some round trips, else a second or two. A server that can't be looked at
/// is a finding. `memory` may be null.
examination examine(const doctor_options& options, doctor_memory* memory = nullptr);

}  // namespace td
