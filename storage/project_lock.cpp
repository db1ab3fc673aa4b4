#include "storage/project_lock.hpp"

#include <fmt/format.h>

#include "projects/position.hpp"
#include "storage/entity_access.hpp"
#include "storage/project_sql.hpp"

namespace td {

result<void> lock_project(pg::session& session, const uuid& id) {
  auto r = session.exec(project_sql::lock, {to_string(id)});
  if (!r) return r.error();
  if (r->size() == 0) return no_entity(entity_kind::project, id);
  if (r->truth(0, 0)) return failure{errc::conflict, "the project is archived; restore it first"};
  return ok();
}

result<std::string> last_position(pg::session& session, const char* table, const uuid& project) {
  auto r = session.exec(fmt::format(project_sql::last_position, table), {to_string(project)});
  if (!r) return r.error();
  return position_between(text_at(*r, 0, 0), std::nullopt);
}

}  // namespace td
