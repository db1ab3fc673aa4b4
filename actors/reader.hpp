#pragma once

#include <cstddef>
#include <memory>

#include "actors/context.hpp"
#include "actors/gate_queue.hpp"
#include "actors/interfaces.hpp"
#include "storage/stores.hpp"

namespace td {

/// Spawns READER number `index` of the gate. Detached: each job blocks on libpq, for at most the
/// statement time-out of `database` per statement. Connects by itself, and again after a loss, with
/// a backoff; meanwhile the gate refuses what would wait for it.
reader_actor make_reader(caf::actor_system& system, shared_context shared,
                         std::shared_ptr<gate_queue> gate, std::size_t index,
                         database_options database);

}  // namespace td
