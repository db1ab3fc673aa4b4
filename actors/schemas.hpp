#pragma once

#include <functional>
#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "pipeline/schema.hpp"
#include "schema/registry.hpp"
#include "storage/schema_store.hpp"

namespace td {

/// Opens a store; called again until it succeeds.
using open_schemas = std::function<result<std::unique_ptr<schema_store>>()>;

/// What SCHEMAS and the VALIDATORs share. Parts are safe on any thread.
struct schema_service {
  current_schemas current{std::make_shared<open_schema_set>()};
  std::shared_ptr<shadow_book> shadows = std::make_shared<shadow_book>();
  std::int64_t revision{};                          ///< of `current`; SCHEMAS' own
  std::shared_ptr<const schema_registry> compiled;  ///< the same as `current`; SCHEMAS' own
};

/// Loads and compiles what is in force, before any VALIDATOR asks. configuration_invalid: a stored
/// schema can't be compiled by this program; database_away and the like.
result<void> load_schemas(schema_store& from, const settings& s, schema_service& into);

/// Spawns SCHEMAS: each second it looks whether the schemas have changed, and puts the new set in
/// force from the next batch of every lane on; what candidates said goes to the store every few
/// seconds. A change that can't be compiled (this program is older than the one that added it)
/// leaves the old set in force, with an error in the log. Detached: it blocks on the database.
schemas_actor make_schemas(caf::actor_system& system, shared_context shared,
                           std::shared_ptr<schema_service> schemas, open_schemas open);

/// The same on the scheduler, for tests in virtual time.
schemas_actor make_scheduled_schemas(caf::actor_system& system, shared_context shared,
                                     std::shared_ptr<schema_service> schemas, open_schemas open);

}  // namespace td
