#pragma once

#include "projects/entity.hpp"

namespace td {

/// A part of a project that can wait for other parts (dependency_graph.hpp).
struct component : entity {
  uuid project_id{};
  std::string slug{};  ///< no other component of the project has it
  component_status status{};
  std::optional<std::int32_t> estimate{};  ///< in the team's unit
  std::string position{};                  ///< in the project's list (position.hpp)

  bool operator==(const component&) const = default;
};

struct component_change : entity_change {
  std::optional<std::string> slug{};
  std::optional<component_status> status{};
  std::optional<std::optional<std::int32_t>> estimate{};
  std::optional<std::string> position{};
};

/// A new one: `wanted` has at least slug, title and position. value_invalid.
result<component> make_component(const component_change& wanted, const uuid& id,
                                 const uuid& project_id, timestamp at);

/// What it becomes; equal to what it was where nothing differs. value_invalid; conflict: it is
/// archived, or the status may not follow.
result<component> changed(const component& before, const component_change& wanted, timestamp at);

}  // namespace td
