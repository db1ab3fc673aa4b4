#pragma once

#include "doctor/broker_judge.hpp"
#include "doctor/broker_survey.hpp"
#include "doctor/database_judge.hpp"
#include "doctor/machine_judge.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
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
  /// One look's, after which it asks nothing more; the broker has three quarters of it. What is on
  /// its way then may take a statement's time-out longer.
  std::chrono::seconds time_limit{40};
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
  std::string broker_trouble{};  ///< why not, as the failure has it
  std::string database_trouble{};
};

/// One look at broker, database and machine. Blocks for as long as they take to answer: with
/// `options.broker.quick` some round trips, else a second or two, with a server that stalls until
/// `time_limit`; `broker.give_up` and `database.stop` end it at once. A server that can't be looked
/// at is a finding. `memory` may be null.
examination examine(const doctor_options& options, doctor_memory* memory = nullptr);

}  // namespace td
