#pragma once

#include <functional>
#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "storage/stores.hpp"

namespace td {

/// Opens a store; called again until it succeeds.
using open_partitions = std::function<result<std::unique_ptr<partition_store>>()>;

/// Spawns MAINTENANCE: the one node that leads makes partitions ahead, takes what retention lets
/// go, gives closed days their search indexes. Detached: it blocks on the database (an index of a
/// large day takes minutes). Failures are logged and tried again with the next look.
maintenance_actor make_maintenance(caf::actor_system& system, shared_context shared,
                                   open_partitions open);

/// The same on the scheduler, for tests in virtual time. `today` stands in for the clock.
maintenance_actor make_scheduled_maintenance(caf::actor_system& system, shared_context shared,
                                             open_partitions open,
                                             std::function<timestamp()> clock);

}  // namespace td
