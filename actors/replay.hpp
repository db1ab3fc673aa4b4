#pragma once

#include <functional>
#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "pipeline/schema.hpp"
#include "storage/replay_store.hpp"
#include "storage/stores.hpp"

namespace td {

/// Opens the stores; called again until it succeeds.
struct replay_stores {
  std::function<result<std::unique_ptr<replay_store>>()> open_jobs;
  std::function<result<std::unique_ptr<mirror_store>>()> open_mirror;
};

/// Spawns REPLAY: runs replay jobs, one after the other, on the one node that leads, with the rules
/// and the schemas of this service. Work goes on where the last node left it. Detached: it blocks
/// on the database.
replay_actor make_replay(caf::actor_system& system, shared_context shared,
                         std::shared_ptr<const current_schemas> schemas, replay_stores stores);

/// The same on the scheduler, for tests in virtual time.
replay_actor make_scheduled_replay(caf::actor_system& system, shared_context shared,
                                   std::shared_ptr<const current_schemas> schemas,
                                   replay_stores stores);

}  // namespace td
