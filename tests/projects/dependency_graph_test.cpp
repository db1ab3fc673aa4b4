#include "projects/dependency_graph.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

namespace {

uuid node(std::size_t n) {
  uuid id;
  for (std::size_t i = 0; i < 4; ++i)
    id.bytes[15 - i] = static_cast<std::uint8_t>((n + 1) >> (8 * i));
  return id;
}

struct small_graph {
  std::vector<graph_node> nodes;
  std::vector<dependency> edges;

  dependency_graph built() const { return {nodes, edges}; }
  std::size_t index_of(const uuid& id) const {
    const auto at =
        std::find_if(nodes.begin(), nodes.end(), [&](const graph_node& n) { return n.id == id; });
    return static_cast<std::size_t>(at - nodes.begin());
  }
  std::vector<std::size_t> needs(std::size_t i) const {
    std::set<std::size_t> all;
    for (const auto& e : edges) {
      if (e.component == nodes[i].id) all.insert(index_of(e.depends_on));
    }
    return {all.begin(), all.end()};
  }
  /// By walking every way: fine for a handful of nodes.
  bool reaches(std::size_t from, std::size_t to, std::set<std::size_t> passed = {}) const {
    if (from == to) return true;
    if (!passed.insert(from).second) return false;
    const auto next = needs(from);
    return std::any_of(next.begin(), next.end(),
                       [&](std::size_t n) { return reaches(n, to, passed); });
  }
};

/// Edges from larger to smaller numbers only, so that there is no circle; `shuffled` numbers.
small_graph any_acyclic() {
  small_graph g;
  const auto count = *rc::gen::inRange<std::size_t>(0, 9);
  std::vector<std::size_t> names;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back(i);
  for (std::size_t i = count; i > 1; --i)
    std::swap(names[i - 1], names[*rc::gen::inRange<std::size_t>(0, i)]);
  for (std::size_t i = 0; i < count; ++i) {
    const bool finished = *rc::gen::weightedElement<bool>({{3, false}, {1, true}});
    g.nodes.push_back(
        {node(names[i]), finished, finished ? 0 : *rc::gen::inRange<std::int64_t>(0, 6)});
  }
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (*rc::gen::weightedElement<bool>({{2, false}, {1, true}}))
        g.edges.push_back({node(a), node(b)});
    }
  }
  return g;
}

small_graph any_graph() {
  auto g = any_acyclic();
  if (g.nodes.empty()) return g;
  for (auto more = *rc::gen::inRange<std::size_t>(0, 4); more > 0; --more) {
    const auto pick = [&] { return g.nodes[*rc::gen::inRange<std::size_t>(0, g.nodes.size())].id; };
    g.edges.push_back({pick(), pick()});
  }
  return g;
}

bool is_edge(const small_graph& g, const uuid& from, const uuid& to) {
  return std::find(g.edges.begin(), g.edges.end(), dependency{from, to}) != g.edges.end();
}

small_graph chain(std::size_t length) {
  small_graph g;
  for (std::size_t i = 0; i < length; ++i)
    g.nodes.push_back({node(i), false, 1});
  for (std::size_t i = 1; i < length; ++i)
    g.edges.push_back({node(i), node(i - 1)});
  return g;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dependency_graphs)

// -- circles ---

BOOST_AUTO_TEST_CASE(names_the_circle_that_an_edge_would_close) {
  const auto g = chain(4);
  const auto circle = g.built().cycle_with({node(0), node(3)});
  BOOST_REQUIRE(circle);
  BOOST_TEST((*circle == std::vector{node(0), node(3), node(2), node(1), node(0)}));
  BOOST_TEST(!g.built().cycle_with({node(3), node(0)}));
  BOOST_TEST((*g.built().cycle_with({node(2), node(2)}) == std::vector{node(2), node(2)}));
  BOOST_TEST(!g.built().cycle_with({node(0), node(99)}));
}

RC_BOOST_PROP(an_edge_closes_a_circle_exactly_when_there_is_a_way_back, ()) {
  const auto g = any_acyclic();
  RC_PRE(!g.nodes.empty());
  const auto a = *rc::gen::inRange<std::size_t>(0, g.nodes.size());
  const auto b = *rc::gen::inRange<std::size_t>(0, g.nodes.size());
  const dependency edge{g.nodes[a].id, g.nodes[b].id};
  const auto circle = g.built().cycle_with(edge);
  RC_ASSERT(circle.has_value() == g.reaches(b, a));
  if (!circle) return;
  RC_ASSERT(circle->front() == edge.component);
  RC_ASSERT(circle->back() == edge.component);
  RC_ASSERT((*circle)[1] == edge.depends_on);
  for (std::size_t i = 1; i + 1 < circle->size(); ++i)
    RC_ASSERT(is_edge(g, (*circle)[i], (*circle)[i + 1]));
}

RC_BOOST_PROP(a_circle_that_is_there_is_found_and_is_one, ()) {
  const auto g = any_graph();
  bool expected = false;
  for (const auto& e : g.edges)
    expected = expected || g.reaches(g.index_of(e.depends_on), g.index_of(e.component));
  const auto circle = g.built().cycle();
  RC_ASSERT(circle.has_value() == expected);
  if (!circle) return;
  RC_ASSERT(circle->size() >= 2U);
  RC_ASSERT(circle->front() == circle->back());
  for (std::size_t i = 0; i + 1 < circle->size(); ++i)
    RC_ASSERT(is_edge(g, (*circle)[i], (*circle)[i + 1]));
}

// -- order ---

RC_BOOST_PROP(everybody_stands_behind_what_they_wait_for, ()) {
  const auto g = any_acyclic();
  const auto order = g.built().topological_order();
  RC_ASSERT(order.size() == g.nodes.size());
  std::map<uuid, std::size_t> place;
  for (std::size_t i = 0; i < order.size(); ++i)
    place[order[i]] = i;
  RC_ASSERT(place.size() == order.size());
  for (const auto& e : g.edges)
    RC_ASSERT(place[e.depends_on] < place[e.component]);
}

RC_BOOST_PROP(those_on_and_behind_a_circle_are_left_out_of_the_order, ()) {
  const auto g = any_graph();
  const auto order = g.built().topological_order();
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    bool circular = false;
    for (std::size_t n = 0; n < g.nodes.size(); ++n) {
      const auto next = g.needs(n);
      circular = circular || (g.reaches(i, n) && std::any_of(next.begin(), next.end(), [&](auto m) {
                                return g.reaches(m, n);
                              }));
    }
    const bool listed = std::find(order.begin(), order.end(), g.nodes[i].id) != order.end();
    RC_ASSERT(listed == !circular);
  }
}

// -- what is left ---

RC_BOOST_PROP(unblocked_are_the_unfinished_that_wait_for_nothing_unfinished, ()) {
  const auto g = any_acyclic();
  std::vector<uuid> expected;
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const auto needs = g.needs(i);
    const bool waits = std::any_of(needs.begin(), needs.end(),
                                   [&](std::size_t n) { return !g.nodes[n].finished; });
    if (!g.nodes[i].finished && !waits) expected.push_back(g.nodes[i].id);
  }
  RC_ASSERT(g.built().unblocked() == expected);
}

RC_BOOST_PROP(no_way_through_what_is_unfinished_is_longer_than_the_critical_path, ()) {
  const auto g = any_acyclic();
  std::function<std::int64_t(std::size_t)> longest = [&](std::size_t i) {
    std::int64_t before = 0;
    for (const auto n : g.needs(i)) {
      if (!g.nodes[n].finished) before = std::max(before, longest(n));
    }
    return before + g.nodes[i].remaining;
  };
  std::int64_t expected = 0;
  bool anything = false;
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    if (g.nodes[i].finished) continue;
    anything = true;
    expected = std::max(expected, longest(i));
  }
  const auto path = g.built().longest_remaining();
  RC_ASSERT(path.total == expected);
  RC_ASSERT(path.components.empty() == !anything);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < path.components.size(); ++i) {
    const auto at = g.index_of(path.components[i]);
    RC_ASSERT(!g.nodes[at].finished);
    sum += g.nodes[at].remaining;
    if (i > 0) RC_ASSERT(is_edge(g, path.components[i], path.components[i - 1]));
  }
  RC_ASSERT(sum == path.total);
}

BOOST_AUTO_TEST_CASE(of_ways_of_equal_length_the_one_with_more_components_is_critical) {
  small_graph g;
  g.nodes = {{node(0), false, 4}, {node(1), false, 0}, {node(2), false, 4}};
  g.edges = {{node(2), node(1)}};
  const auto path = g.built().longest_remaining();
  BOOST_TEST(path.total == 4);
  BOOST_TEST((path.components == std::vector{node(1), node(2)}));
}

RC_BOOST_PROP(blockers_are_all_unfinished_that_can_be_reached_over_unfinished_ones, ()) {
  const auto g = any_acyclic();
  RC_PRE(!g.nodes.empty());
  const auto asked = *rc::gen::inRange<std::size_t>(0, g.nodes.size());
  std::map<uuid, std::size_t> expected;  // and over how many steps at least
  std::vector<std::size_t> edge{asked};
  for (std::size_t steps = 1; !edge.empty() && !g.nodes[asked].finished; ++steps) {
    std::vector<std::size_t> next;
    for (const auto i : edge) {
      for (const auto n : g.needs(i)) {
        if (g.nodes[n].finished || !expected.emplace(g.nodes[n].id, steps).second) continue;
        next.push_back(n);
      }
    }
    edge = next;
  }
  const auto graph = g.built();
  const auto startable = graph.unblocked();
  const auto blockers = graph.blocked_by(g.nodes[asked].id);
  RC_ASSERT(blockers.size() == expected.size());
  std::size_t last = 0;
  for (const auto& b : blockers) {
    RC_ASSERT(expected.at(b.id) == b.steps);
    RC_ASSERT(b.steps >= last);
    last = b.steps;
    RC_ASSERT(is_edge(g, b.via, b.id));
    RC_ASSERT(b.startable ==
              (std::find(startable.begin(), startable.end(), b.id) != startable.end()));
  }
}

BOOST_AUTO_TEST_CASE(long_chains_need_no_stack) {
  const auto g = chain(50'000);
  const auto graph = g.built();
  BOOST_TEST(graph.size() == 50'000u);
  BOOST_TEST(graph.cycle_with({g.nodes.front().id, g.nodes.back().id}).has_value());
}

BOOST_AUTO_TEST_CASE(edges_of_strangers_and_edges_given_twice_change_nothing) {
  auto g = chain(2);
  g.edges.push_back(g.edges.front());
  g.edges.push_back({node(0), node(77)});
  BOOST_TEST((g.built().topological_order() == std::vector{node(0), node(1)}));
  BOOST_TEST(g.built().blocked_by(node(1)).size() == 1u);
  BOOST_TEST(g.built().blocked_by(node(77)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
