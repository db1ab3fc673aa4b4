#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "mqtt/lane_session.hpp"
#include "storage/stores.hpp"

namespace td {

/// Everything one lane needs.
struct ingest_parts {
  shared_context shared{};
  lane_slot slot{};
  bool known{};  ///< the slot existed before: the broker must still have its session
  std::shared_ptr<lane_session> session{};
  std::shared_ptr<const std::atomic<bool>> leased{};  ///< may connect only while true
  validator_actor validators{};
  drained_sink lanes{};
  std::chrono::milliseconds idle_wait{1000};   ///< longest sit in the session's poll
  std::chrono::milliseconds turn_interval{0};  ///< pause between turns; > 0 only in virtual time
};

/// Spawns an INGEST. Detached: its turns sit in the session's own poll for at most `idle_wait`
/// (wake it through the session's waker after sending it anything), its connects for at most the
/// connect time-out. Half-duplex: one batch is out at a time, and only its verdict, carrying this
/// connection's epoch, is acknowledged. On exit it waits for the outstanding verdict, acknowledges
/// and leaves; whatever else happens, unacknowledged messages stay the broker's.
ingest_actor make_ingest(caf::actor_system& system, ingest_parts parts);

/// The same on the scheduler, for tests in virtual time.
ingest_actor make_scheduled_ingest(caf::actor_system& system, ingest_parts parts);

}  // namespace td
