#include "projects/dependency_graph.hpp"

#include <algorithm>
#include <queue>
#include <utility>

namespace td {

dependency_graph::dependency_graph(std::span<const graph_node> nodes,
                                   std::span<const dependency> edges)
    : nodes_{nodes.begin(), nodes.end()} {
  for (index i = 0; i < nodes_.size(); ++i)
    by_id_.emplace_back(nodes_[i].id, i);
  std::sort(by_id_.begin(), by_id_.end());
  std::vector<std::pair<index, index>> forth, back;
  for (const auto& e : edges) {
    const auto from = find(e.component);
    const auto to = find(e.depends_on);
    if (from == none || to == none) continue;
    forth.emplace_back(from, to);
    back.emplace_back(to, from);
  }
  needs_ = rows_of(nodes_.size(), forth);
  serves_ = rows_of(nodes_.size(), back);
}

dependency_graph::adjacency dependency_graph::rows_of(
    std::size_t nodes, std::span<const std::pair<index, index>> edges) {
  std::vector<std::pair<index, index>> sorted{edges.begin(), edges.end()};
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  adjacency a;
  a.first.assign(nodes + 1, 0);
  for (const auto& [from, to] : sorted) {
    ++a.first[from + 1];
    a.to.push_back(to);
  }
  for (std::size_t i = 1; i < a.first.size(); ++i)
    a.first[i] += a.first[i - 1];
  return a;
}

dependency_graph::index dependency_graph::find(const uuid& id) const noexcept {
  const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair{id, index{0}});
  return at == by_id_.end() || at->first != id ? none : at->second;
}

std::span<const dependency_graph::index> dependency_graph::needs(index node) const noexcept {
  return needs_.row(node);
}

std::span<const dependency_graph::index> dependency_graph::serves(index node) const noexcept {
  return serves_.row(node);
}

bool dependency_graph::waits(index node) const noexcept {
  const auto of = needs(node);
  return std::any_of(of.begin(), of.end(), [this](index n) { return !nodes_[n].finished; });
}

// -- circles ---

/// Breadth first from `depends_on` along what is waited for: if it comes to `component`, the new
/// edge closes a circle.
std::optional<std::vector<uuid>> dependency_graph::cycle_with(const dependency& edge) const {
  if (edge.component == edge.depends_on) return std::vector<uuid>{edge.component, edge.component};
  const auto start = find(edge.depends_on);
  const auto goal = find(edge.component);
  if (start == none || goal == none) return std::nullopt;
  std::vector<index> came_from(nodes_.size(), none);
  std::vector<index> queue{start};
  came_from[start] = start;
  for (std::size_t at = 0; at < queue.size() && came_from[goal] == none; ++at) {
    for (const auto next : needs(queue[at])) {
      if (came_from[next] != none) continue;
      came_from[next] = queue[at];
      queue.push_back(next);
    }
  }
  if (came_from[goal] == none) return std::nullopt;
  std::vector<uuid> path;
  for (auto at = goal; at != start; at = came_from[at])
    path.push_back(nodes_[at].id);
  path.push_back(nodes_[start].id);
  path.push_back(nodes_[goal].id);
  std::reverse(path.begin(), path.end());
  return path;
}

/// What no topological order reaches waits, each of them, for another of the same kind: walking on
/// must come back.
std::optional<std::vector<uuid>> dependency_graph::cycle() const {
  const auto sorted = order();
  if (sorted.size() == nodes_.size()) return std::nullopt;
  std::vector<bool> reached(nodes_.size());
  for (const auto i : sorted)
    reached[i] = true;
  index at = 0;
  while (reached[at])
    ++at;
  std::vector<index> walked;
  std::vector<std::size_t> place(nodes_.size(), nodes_.size());
  while (place[at] == nodes_.size()) {
    place[at] = walked.size();
    walked.push_back(at);
    for (const auto next : needs(at)) {
      if (reached[next]) continue;
      at = next;
      break;
    }
  }
  std::vector<uuid> path;
  for (auto i = place[at]; i < walked.size(); ++i)
    path.push_back(nodes_[walked[i]].id);
  path.push_back(nodes_[at].id);
  return path;
}

// -- order ---

/// Kahn's algorithm; among those that are free, the first given comes first.
std::vector<dependency_graph::index> dependency_graph::order() const {
  std::vector<std::size_t> open(nodes_.size());
  std::priority_queue<index, std::vector<index>, std::greater<>> free;
  for (index i = 0; i < nodes_.size(); ++i) {
    open[i] = needs(i).size();
    if (open[i] == 0) free.push(i);
  }
  std::vector<index> sorted;
  sorted.reserve(nodes_.size());
  while (!free.empty()) {
    const auto next = free.top();
    free.pop();
    sorted.push_back(next);
    for (const auto n : serves(next)) {
      if (--open[n] == 0) free.push(n);
    }
  }
  return sorted;
}

std::vector<uuid> dependency_graph::topological_order() const {
  std::vector<uuid> all;
  for (const auto i : order())
    all.push_back(nodes_[i].id);
  return all;
}

// -- what is left to do ---

std::vector<uuid> dependency_graph::unblocked() const {
  std::vector<uuid> all;
  for (index i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].finished && !waits(i)) all.push_back(nodes_[i].id);
  }
  return all;
}

critical_path dependency_graph::longest_remaining() const {
  struct way {
    std::int64_t total{};
    std::size_t components{};
    index before{none};
    bool longer_than(const way& other) const noexcept {
      return std::pair{total, components} > std::pair{other.total, other.components};
    }
  };
  std::vector<way> to(nodes_.size());  // the longest way that ends with the node
  index last = none;
  for (const auto i : order()) {
    if (nodes_[i].finished) continue;
    for (const auto n : needs(i)) {
      // What is finished ends the way: whatever it waited for is no longer waited for by us.
      if (nodes_[n].finished) continue;
      const way longer{to[n].total, to[n].components, n};
      if (to[i].before == none || longer.longer_than(to[i])) to[i] = longer;
    }
    to[i].total += nodes_[i].remaining;
    ++to[i].components;
    if (last == none || to[i].longer_than(to[last])) last = i;
  }
  critical_path path;
  if (last == none) return path;
  path.total = to[last].total;
  for (auto i = last; i != none; i = to[i].before)
    path.components.push_back(nodes_[i].id);
  std::reverse(path.components.begin(), path.components.end());
  return path;
}

std::vector<blocker> dependency_graph::blocked_by(const uuid& id) const {
  std::vector<blocker> all;
  const auto start = find(id);
  if (start == none || nodes_[start].finished) return all;
  std::vector<std::size_t> steps(nodes_.size());
  std::vector<bool> seen(nodes_.size());
  std::vector<index> queue{start};
  seen[start] = true;
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const auto node = queue[at];
    for (const auto next : needs(node)) {
      if (seen[next] || nodes_[next].finished) continue;
      seen[next] = true;
      steps[next] = steps[node] + 1;
      queue.push_back(next);
      all.push_back({nodes_[next].id, nodes_[node].id, steps[next], !waits(next)});
    }
  }
  return all;
}

}  // namespace td
