#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "verify/audit.hpp"
#include "verify/expectation_book.hpp"
#include "verify/fault_injector.hpp"
#include "verify/follower.hpp"
#include "verify/ledger_watch.hpp"
#include "verify/outbox.hpp"
#include "verify/service_keeper.hpp"

namespace td::verify {

/// What is asked for.
struct run_options {
  std::uint64_t events{200'000};
  std::size_t producers{4};
  std::size_t rounds{3};
  fault_wishes faults{};  ///< only which kinds; the rest is filled in from here
  std::uint64_t seed{};
  std::filesystem::path directory{};  ///< empty: a temporary one
  bool keep{};
  std::chrono::seconds patience{60};  ///< without any progress, then the run gives up waiting
};

/// Where a run stands, or stood at its end.
struct tally {
  std::chrono::milliseconds elapsed{};
  expectation_book::counts book{};
  outbox::counts producers{};          ///< of all of them
  std::uint64_t planned{};             ///< messages
  std::uint64_t created{};             ///< of the planned ones
  std::uint64_t outstanding{};         ///< published, and not known to be stored
  std::uint64_t unheard{};             ///< acknowledged with "no matching subscribers"
  std::vector<std::string> refused{};  ///< why the broker refuses a producer's messages
  follower::counts journal{};
  fault_injector::counts faults{};
  std::uint64_t planned_faults{};
  ledger_watch::counts ledger{};
  service_keeper::counts service{};
};

/// What a run has shown.
struct outcome {
  run_options asked{};
  tally end{};
  std::optional<audit_report> audit{};  ///< absent: the database could not be read
  std::string audit_trouble{};          ///< why
  bool stopped_early{};                 ///< by whoever watched
  bool stalled{};                       ///< nothing moved for as long as `patience`
  std::filesystem::path kept{};         ///< the workplace, where it was not removed
  std::string stop_trouble{};           ///< why the instance may still run

  /// Everything that speaks against a PASS, one sentence each, the gravest first.
  std::vector<std::string> complaints() const;

  /// All was done that was asked for, and nothing speaks against it.
  bool passed() const { return complaints().empty(); }
};

/// Everything in one JSON object of one line: stable names for scripts.
std::string to_json(const outcome& o);

}  // namespace td::verify
