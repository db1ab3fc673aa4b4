#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/finding.hpp"
#include "pipeline/ledger.hpp"
#include "pipeline/time.hpp"

namespace td {

/// What one lane does at this moment.
struct lane_status {
  std::int32_t slot{};
  std::string client_id{};
  std::string state{};   ///< connecting, reading, waiting, paused, draining, restarting
  std::string reason{};  ///< why it is not reading; empty when all is well
  timestamp since{};     ///< of this state (reading and waiting count as one)
  std::uint64_t epoch{};
  std::uint64_t in_flight{};
  std::uint64_t received{};
  std::chrono::steady_clock::time_point connected_at{};  ///< this epoch began; not in JSON
};

/// Something the service leans on: "postgresql", "mqtt".
struct dependency_status {
  std::string name{};
  bool ok{};
  std::string reason{};                 ///< empty when ok
  timestamp since{};                    ///< of this condition
  std::chrono::microseconds latency{};  ///< of the last probe or use
};

/// A child under supervision.
struct actor_status {
  std::string name{};   ///< "mirror 1", "lane 3", "validator 0"
  std::string state{};  ///< running, restarting, gave_up
  std::uint64_t restarts{};
};

/// Unacknowledged work that does not move, and who holds it. From progress_board.
struct stall_status {
  std::int32_t lane{};
  std::uint64_t epoch{};     ///< connection of the lane; 0 when it holds nothing and takes no turns
  std::uint64_t batch{};     ///< of that connection; 0 likewise
  std::uint64_t events{};    ///< of the batch
  std::string holder{};      ///< "mirror 0", "validator 1", "lane 3"; empty: it lies between two
  std::string doing{};       ///< "writes it"
  std::string dependency{};  ///< what the holder may wait for; empty: none
  std::string reason{};      ///< why it was given back, or why the dependency is away
  timestamp since{};         ///< nothing is acknowledged
  std::chrono::milliseconds lasted{};  ///< since then
  std::chrono::milliseconds held_for{};
  std::uint64_t given_back{};  ///< times since then
  bool held{};                 ///< somebody has it now; else it was given back
};

/// Everything `taylordash status` and the health routes show. Plain data.
struct service_snapshot {
  /// Ready, and every lane that takes new events has connected after `since`.
  bool lanes_connected_since(std::chrono::steady_clock::time_point since) const {
    return ready && std::all_of(lanes.begin(), lanes.end(), [since](const lane_status& lane) {
             return lane.state == "draining" || lane.connected_at > since;
           });
  }

  std::string version{};
  std::string node{};        ///< this process's id
  std::string deployment{};  ///< the database's
  timestamp started_at{};
  timestamp taken_at{};
  bool ready{};
  bool stopping{};
  ledger_counts counts{};
  std::vector<lane_status> lanes{};
  std::vector<dependency_status> dependencies{};
  std::vector<actor_status> actors{};
  std::vector<stall_status> stalls{};
  std::vector<finding> findings{};  ///< of the last looks at broker, database and machine; no `ok`
};

}  // namespace td
