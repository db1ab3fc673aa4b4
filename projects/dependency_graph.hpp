#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "pipeline/uuid.hpp"

namespace td {

/// A component as the graph sees it.
struct graph_node {
  uuid id{};
  bool finished{};           ///< done or cancelled: nobody waits for it
  std::int64_t remaining{};  ///< estimate of what is left; 0 where it is finished
};

/// `component` waits for `depends_on`.
struct dependency {
  uuid component{};
  uuid depends_on{};

  bool operator==(const dependency&) const = default;
};

/// The longest way through what is unfinished: what decides when the project ends.
struct critical_path {
  std::vector<uuid> components{};  ///< the first to be done first
  std::int64_t total{};            ///< of what remains of them

  bool operator==(const critical_path&) const = default;
};

/// An unfinished component that another waits for, directly or through others.
struct blocker {
  uuid id{};
  uuid via{};           ///< who waits for it, on a shortest way
  std::size_t steps{};  ///< 1: it is waited for directly
  bool startable{};     ///< it waits for nobody itself: work can begin here

  bool operator==(const blocker&) const = default;
};

/// Which component of a project waits for which. Made anew for each question; nodes keep the order
/// in which they are given, which decides between equals, so equal input gives equal answers.
/// Nothing recurses: chains of any length are fine. One thread; never changes.
class dependency_graph {
 public:
  /// Edges that name somebody who is not among the nodes are left out.
  dependency_graph(std::span<const graph_node> nodes, std::span<const dependency> edges);

  std::size_t size() const noexcept { return nodes_.size(); }

  /// The circle that one more edge would close, as it would be walked: component, depends_on, ...,
  /// component; a shortest one. Absent: none.
  std::optional<std::vector<uuid>> cycle_with(const dependency& edge) const;

  /// Some circle that is there, first and last equal. Absent: none, as it should be.
  std::optional<std::vector<uuid>> cycle() const;

  /// Everybody behind all that they wait for. Those on and behind a circle are left out.
  std::vector<uuid> topological_order() const;

  /// Unfinished, and all that they wait for is finished: what can be worked on now.
  std::vector<uuid> unblocked() const;

  /// Finished components count as passed, with nothing left to do. Empty when nothing is
  /// unfinished. On equal lengths the one with more components, then the order of the nodes.
  critical_path longest_remaining() const;

  /// All unfinished that `id` waits for, nearest first. Empty: nothing blocks it, or nobody has
  /// that id.
  std::vector<blocker> blocked_by(const uuid& id) const;

 private:
  using index = std::uint32_t;
  static constexpr index none = static_cast<index>(-1);

  index find(const uuid& id) const noexcept;
  std::span<const index> needs(index node) const noexcept;   ///< what it waits for
  std::span<const index> serves(index node) const noexcept;  ///< who waits for it
  std::vector<index> order() const;
  bool waits(index node) const noexcept;

  /// Rows of different length in one array.
  struct adjacency {
    std::vector<index> first{};
    std::vector<index> to{};
    std::span<const index> row(index i) const noexcept {
      return std::span{to}.subspan(first[i], first[i + 1] - first[i]);
    }
  };
  static adjacency rows_of(std::size_t nodes, std::span<const std::pair<index, index>> edges);

  std::vector<graph_node> nodes_;
  std::vector<std::pair<uuid, index>> by_id_;  ///< sorted
  adjacency needs_;
  adjacency serves_;
};

}  // namespace td
