#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "projects/component.hpp"
#include "projects/entity_event.hpp"
#include "projects/list_query.hpp"
#include "storage/entity_connection.hpp"
#include "storage/entity_page.hpp"

namespace td {

/// Components of projects. What project_store says of writes and their errors holds here, too.
/// Which component waits for which: dependency_store.
class component_store : public store {
 public:
  using version = std::optional<std::int64_t>;

  /// Of one project: what the graph of a project is read into memory for.
  static constexpr std::int64_t max_per_project = 2000;

  /// `wanted`: at least slug and title; without a position it comes last. not_found: no such
  /// project; conflict: it is archived, full, or has a component with this slug.
  virtual result<component> create(const uuid& project_id, const component_change& wanted,
                                   const write_context& by) = 0;

  virtual result<component> find(const uuid& id) = 0;  ///< not_found

  /// What it is now; without an event or a new version where nothing differs.
  virtual result<component> update(const uuid& id, version expected, const component_change& change,
                                   const write_context& by) = 0;
  virtual result<component> archive(const uuid& id, version expected, const write_context& by) = 0;
  virtual result<component> restore(const uuid& id, version expected, const write_context& by) = 0;

  /// For good, with its dependencies; only what is archived and has no tasks.
  virtual result<void> remove(const uuid& id, version expected, const write_context& by) = 0;

  virtual result<page<component>> list(const list_query& q) = 0;
};

std::unique_ptr<component_store> make_component_store(shared_connection connection);

}  // namespace td
