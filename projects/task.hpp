#pragma once

#include "projects/entity.hpp"

namespace td {

/// Something that one person can do. Its name among people is <key of its project>-<number>.
struct task : entity {
  uuid project_id{};
  std::optional<uuid> component_id{};
  std::optional<uuid> parent_id{};  ///< the task that it is a part of
  std::int32_t number{};            ///< counted per project, never used twice
  task_status status{};
  std::optional<std::int32_t> estimate{};  ///< in the team's unit
  std::int32_t progress{};                 ///< percent; 100 once it is done
  std::string position{};                  ///< in the project's list (position.hpp)

  bool operator==(const task&) const = default;
};

struct task_change : entity_change {
  std::optional<std::optional<uuid>> component_id{};
  std::optional<std::optional<uuid>> parent_id{};
  std::optional<task_status> status{};
  std::optional<std::optional<std::int32_t>> estimate{};
  std::optional<std::int32_t> progress{};
  std::optional<std::string> position{};
};

/// A new one: `wanted` has at least title and position. value_invalid. That component and parent
/// are there, and of this project, is the store's to see.
result<task> make_task(const task_change& wanted, const uuid& id, const uuid& project_id,
                       std::int32_t number, timestamp at);

/// What it becomes; equal to what it was where nothing differs. value_invalid; conflict: it is
/// archived, or the status may not follow.
result<task> changed(const task& before, const task_change& wanted, timestamp at);

}  // namespace td
