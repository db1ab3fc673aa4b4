#pragma once

#include "pipeline/uuid.hpp"
#include "storage/pg.hpp"

namespace td {

/// Locks a project's row until the transaction ends: whoever adds to a project, or changes what
/// waits for what in it, does so one after the other. Readers and changes of its tasks go on.
/// not_found; conflict: it is archived.
result<void> lock_project(pg::session& session, const uuid& id);

/// The position behind the last of its components or tasks; `table` names them.
result<std::string> last_position(pg::session& session, const char* table, const uuid& project);

}  // namespace td
