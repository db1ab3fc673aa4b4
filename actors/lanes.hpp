#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "actors/context.hpp"
#include "actors/ingest.hpp"
#include "actors/interfaces.hpp"
#include "actors/lane_plan.hpp"
#include "mqtt/lane_session.hpp"
#include "storage/stores.hpp"

namespace td {

/// After how long without a word from a node the server gives its leases free.
inline constexpr std::chrono::seconds lease_silence{5};

/// What LANES needs from outside; tests bring their own.
struct lanes_parts {
  shared_context shared{};
  validator_actor validators{};
  std::function<result<std::unique_ptr<lane_store>>()> open_store{};
  std::function<std::unique_ptr<lane_session>(const lane_slot&)> open_session{};
  std::function<ingest_actor(caf::actor_system&, ingest_parts)> spawn_ingest{make_ingest};
};

/// How lanes connect and what they subscribe to, from the settings.
lane_options lane_options_for(const settings& s, const lane_slot& slot);
broker_options broker_options_from(const settings& s);

/// The wish behind the settings.
lane_wish lane_wish_from(const settings& s);

/// Spawns LANES: owns this node's slots and runs one INGEST for each. Looks around once a second:
/// confirms its leases, adopts orphans within 10 s, drains what is too many, restarts lanes that
/// fail. Detached: it blocks on the database for at most the statement time-out.
lanes_actor make_lanes(caf::actor_system& system, lanes_parts parts);

/// The same on the scheduler, for tests in virtual time.
lanes_actor make_scheduled_lanes(caf::actor_system& system, lanes_parts parts);

}  // namespace td
