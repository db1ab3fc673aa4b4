#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "projects/dependency_graph.hpp"
#include "projects/entity_event.hpp"
#include "storage/entity_connection.hpp"

namespace td {

/// A component, as far as the graph shows it.
struct graph_component {
  uuid id{};
  std::string slug{};
  std::string title{};
  component_status status{};
  bool finished{};           ///< done, cancelled or archived: nobody waits for it
  std::int64_t remaining{};  ///< estimates of its unfinished tasks where its tasks have any, else
                             ///< its own; 0 where it is finished
};

/// Which component of a project waits for which.
struct project_graph {
  std::vector<graph_component> components{};  ///< in the order of their positions
  std::vector<dependency> dependencies{};
};

/// The longest way through what is unfinished, the first to be done first.
struct remaining_path {
  std::vector<graph_component> components{};
  std::int64_t total{};
};

/// Somebody who is waited for, and on whose account (blocker, dependency_graph.hpp).
struct blocking_component {
  graph_component component{};
  uuid via{};
  std::size_t steps{};
  bool startable{};
};

/// Dependencies between the components of a project. Changes are made one after the other: whoever
/// makes one holds the project's row, so that two that would form a circle together can't both be
/// made. They are events of the component that waits (component_updated, `changed.depends_on`).
class dependency_store : public store {
 public:
  /// `component` waits for `depends_on` from now on; that it does already is a success without an
  /// event. not_found: one of them is not there; conflict: they are of different projects, or the
  /// project is archived; dependency_cycle: the sentence names the circle by slugs.
  virtual result<void> add(const dependency& edge, const write_context& by) = 0;

  /// not_found: it does not wait for it.
  virtual result<void> remove(const dependency& edge, const write_context& by) = 0;

  /// The questions: not_found: no such project, or component.
  virtual result<project_graph> graph(const uuid& project) = 0;
  /// Every component behind all that it waits for.
  virtual result<std::vector<graph_component>> order(const uuid& project) = 0;
  /// Unfinished, and all that they wait for is finished.
  virtual result<std::vector<graph_component>> unblocked(const uuid& project) = 0;
  virtual result<remaining_path> critical(const uuid& project) = 0;
  /// All unfinished that it waits for, directly or through others, nearest first.
  virtual result<std::vector<blocking_component>> blocked_by(const uuid& component) = 0;
};

std::unique_ptr<dependency_store> make_dependency_store(shared_connection connection);

}  // namespace td
