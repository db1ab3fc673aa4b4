#pragma once

#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "pipeline/schema.hpp"
#include "pipeline/validate.hpp"

namespace td {

/// How events are held against the settings.
event_rules rules_from(const settings& s);

/// Spawns a VALIDATOR. Scheduled: checking is CPU work of at most some milliseconds per batch. Each
/// batch is held against the schemas that are in force when it comes. It never answers itself: the
/// checked batch and the duty to answer go to `mirrors`.
validator_actor make_validator(caf::actor_system& system, shared_context shared, std::size_t index,
                               std::shared_ptr<const current_schemas> schemas, mirror_sink mirrors);

}  // namespace td
