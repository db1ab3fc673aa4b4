#include "storage/entity_access.hpp"

#include <array>

namespace td {

namespace {

struct constraint_words {
  std::string_view name{};
  errc code{};
  std::string_view words{};
  std::string_view pointer{};
};

/// By the names of storage/schema/012_projects.sql.
constexpr std::array known{
    constraint_words{"projects_key", errc::conflict, "another project has this key; choose another",
                     "/key"},
    constraint_words{"components_slug", errc::conflict,
                     "another component of the project has this slug; choose another", "/slug"},
    constraint_words{"tasks_component", errc::conflict,
                     "the component was deleted meanwhile, or has tasks that would be left without "
                     "it; move or delete those first",
                     "/component_id"},
    constraint_words{
        "tasks_parent", errc::conflict,
        "the parent was deleted meanwhile, or has parts that would be left without it; "
        "move or delete those first",
        "/parent_id"},
    constraint_words{"components_project_id_fkey", errc::conflict,
                     "the project still has components; delete those first", ""},
    constraint_words{"tasks_project_id_fkey", errc::conflict,
                     "the project still has tasks; delete those first", ""},
};

}  // namespace

failure explain(const pg::session& session, failure why) {
  if (why.code == errc::database_away) return why;
  for (const auto& c : known) {
    if (session.last_error().constraint == c.name)
      return {c.code, std::string{c.words}, std::string{c.pointer}};
  }
  return why;
}

failure no_entity(entity_kind kind, const uuid& id) {
  return {errc::not_found, fmt::format("there is no {} {}", name_of(kind), to_string(id))};
}

result<void> check_version(const entity& e, entity_kind kind,
                           const std::optional<std::int64_t>& expected) {
  if (!expected || *expected == e.version) return ok();
  return failure{errc::version_conflict,
                 fmt::format("the {} is at version {} now, not {}; read it again and repeat the "
                             "change",
                             name_of(kind), e.version, *expected)};
}

}  // namespace td
