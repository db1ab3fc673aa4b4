#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "projects/entity_event.hpp"
#include "projects/list_query.hpp"
#include "projects/task.hpp"
#include "storage/entity_connection.hpp"
#include "storage/entity_page.hpp"

namespace td {

/// One task of a change of many.
struct task_update {
  uuid id{};
  std::optional<std::int64_t> expected{};
  task_change change{};
};

/// Why one of them can't be.
struct task_failure {
  uuid id{};
  failure why{};
};

/// Of a change of many: all of them as they are now, or why none was changed.
struct task_updates {
  std::vector<task> tasks{};  ///< in the order of the request; empty where any failed
  std::vector<task_failure> failed{};
};

/// Tasks of projects. What project_store says of writes and their errors holds here, too. A parent
/// is of the same project, and no task is a part of itself, however far down (dependency_cycle).
class task_store : public store {
 public:
  using version = std::optional<std::int64_t>;

  static constexpr std::size_t max_updates = 500;
  static constexpr int max_depth = 50;  ///< parents above a task

  /// `wanted`: at least a title; without a position it comes last. not_found: no such project,
  /// component or parent in it; conflict: the project is archived.
  virtual result<task> create(const uuid& project_id, const task_change& wanted,
                              const write_context& by) = 0;

  virtual result<task> find(const uuid& id) = 0;  ///< not_found
  /// As people call it: PAY-12. not_found.
  virtual result<task> find_by_name(std::string_view name) = 0;

  /// What it is now; without an event or a new version where nothing differs.
  virtual result<task> update(const uuid& id, version expected, const task_change& change,
                              const write_context& by) = 0;

  /// Many in one transaction, in the order given: all of them, or none with every failure named.
  /// value_invalid: more than `max_updates`, or a task twice.
  virtual result<task_updates> update_all(std::span<const task_update> updates,
                                          const write_context& by) = 0;

  virtual result<task> archive(const uuid& id, version expected, const write_context& by) = 0;
  virtual result<task> restore(const uuid& id, version expected, const write_context& by) = 0;

  /// For good; only what is archived and has no parts.
  virtual result<void> remove(const uuid& id, version expected, const write_context& by) = 0;

  virtual result<page<task>> list(const list_query& q) = 0;
};

std::unique_ptr<task_store> make_task_store(shared_connection connection);

}  // namespace td
