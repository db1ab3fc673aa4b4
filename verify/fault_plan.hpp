#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td::verify {

/// What is killed, each with SIGKILL.
enum class fault_kind : std::uint8_t {
  service,           ///< this program, running the pipeline
  postgres,          ///< the postmaster: every session ends, crash recovery at the next start
  postgres_backend,  ///< one of the service's sessions: the postmaster ends all others, recovers
  broker,            ///< Mosquitto: what it has not saved is gone
};
inline constexpr std::size_t fault_kinds = 4;

/// "service", "PostgreSQL", "a PostgreSQL session", "broker".
std::string_view name_of(fault_kind kind) noexcept;

/// One fault and its moment, counted in events so that it meets a busy pipeline on any machine.
struct planned_fault {
  fault_kind kind{};
  std::uint64_t after_events{};          ///< published for the first time, by all producers
  std::chrono::milliseconds delay{};     ///< more, so that it meets any phase of a batch
  std::chrono::milliseconds downtime{};  ///< how long the service stays away; 0 for the others

  bool operator==(const planned_fault&) const = default;
};

struct fault_wishes {
  std::uint64_t seed{};
  std::uint64_t events{};
  std::size_t rounds{};
  bool service{true};
  bool postgres{true};
  bool broker{true};
};

/// In turn, service, PostgreSQL, broker, once per round, each at a drawn moment of its share of
/// the events, so that they sometimes come close upon each other. In about a third of the rounds,
/// but never in the first, PostgreSQL's turn is one session instead of the whole server. Empty
/// when nothing is wished for. Sorted by `after_events`.
std::vector<planned_fault> plan_faults(const fault_wishes& wishes);

/// Reads "service,postgres,broker", any of them, or "none", into `wishes`. configuration_invalid.
result<void> read_fault_names(std::string_view text, fault_wishes& wishes);

}  // namespace td::verify
