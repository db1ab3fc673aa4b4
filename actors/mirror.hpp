#pragma once

#include <functional>
#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "storage/stores.hpp"

namespace td {

/// Opens a store; called again until it succeeds.
using open_mirror = std::function<result<std::unique_ptr<mirror_store>>()>;

/// Spawns a MIRROR. Detached: each write blocks on the database for at most the statement
/// time-out, each probe for at most the connect time-out. With the database away it refuses at once
/// (the lane gives its batch back) and probes with backoff; it never ends because of that.
mirror_actor make_mirror(caf::actor_system& system, shared_context shared, std::size_t index,
                         open_mirror open);

/// The same, on the scheduler instead of a thread of its own: for tests in virtual time.
mirror_actor make_scheduled_mirror(caf::actor_system& system, shared_context shared,
                                   std::size_t index, open_mirror open);

}  // namespace td
