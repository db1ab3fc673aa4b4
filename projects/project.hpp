#pragma once

#include "projects/entity.hpp"

namespace td {

/// Something that people work towards, with components and tasks of its own.
struct project : entity {
  std::string key{};  ///< in front of its tasks' numbers; no other project has it
  project_status status{};

  bool operator==(const project&) const = default;
};

struct project_change : entity_change {
  std::optional<std::string> key{};
  std::optional<project_status> status{};
};

/// A new one: `wanted` has at least key and title. value_invalid.
result<project> make_project(const project_change& wanted, const uuid& id, timestamp at);

/// What it becomes; equal to what it was where nothing differs. value_invalid; conflict: it is
/// archived, or the status may not follow.
result<project> changed(const project& before, const project_change& wanted, timestamp at);

}  // namespace td
