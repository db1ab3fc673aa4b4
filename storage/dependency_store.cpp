#include "storage/dependency_store.hpp"

#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "storage/entity_access.hpp"
#include "storage/project_lock.hpp"
#include "storage/project_sql.hpp"

namespace td {

namespace {

namespace sql = project_sql;
namespace json = boost::json;

/// A project's graph and the names of its nodes.
struct loaded_graph {
  project_graph as_stored;
  dependency_graph graph;
  std::map<uuid, const graph_component*> by_id;

  explicit loaded_graph(project_graph stored)
      : as_stored{std::move(stored)}, graph{nodes_of(as_stored), as_stored.dependencies} {
    for (const auto& c : as_stored.components)
      by_id[c.id] = &c;
  }
  loaded_graph(loaded_graph&&) = default;  // by_id points into a vector, which moves along
  loaded_graph(const loaded_graph&) = delete;

  static std::vector<graph_node> nodes_of(const project_graph& g) {
    std::vector<graph_node> nodes;
    for (const auto& c : g.components)
      nodes.push_back({c.id, c.finished, c.remaining});
    return nodes;
  }

  std::vector<graph_component> named(const std::vector<uuid>& ids) const {
    std::vector<graph_component> all;
    for (const auto& id : ids)
      all.push_back(*by_id.at(id));
    return all;
  }
};

class pg_dependency_store final : public dependency_store {
 public:
  explicit pg_dependency_store(shared_connection connection) : rows_{std::move(connection)} {}

  result<void> reconnect() override { return rows_.connection().reconnect(); }

  result<void> add(const dependency& edge, const write_context& by) override {
    return rows_.connection().in_transaction([&]() -> result<void> {
      const auto waiting = lock_waiting(edge);
      if (!waiting) return waiting.error();
      auto loaded = load(waiting->project_id);
      if (!loaded) return loaded.error();
      for (const auto& d : loaded->as_stored.dependencies) {
        if (d == edge) return ok();
      }
      if (const auto circle = loaded->graph.cycle_with(edge)) return refused(*loaded, *circle);
      const auto at = now();
      auto r = rows_.session().exec(sql::add_dependency,
                                    {to_string(waiting->project_id), to_string(edge.component),
                                     to_string(edge.depends_on), to_rfc3339(at), by.actor});
      if (!r) return explain(rows_.session(), r.error());
      return say(*waiting, "added", edge.depends_on, by, at);
    });
  }

  result<void> remove(const dependency& edge, const write_context& by) override {
    return rows_.connection().in_transaction([&]() -> result<void> {
      const auto waiting = lock_waiting(edge);
      if (!waiting) return waiting.error();
      auto r = rows_.session().exec(sql::remove_dependency,
                                    {to_string(edge.component), to_string(edge.depends_on)});
      if (!r) return r.error();
      if (r->affected() == 0) {
        return failure{errc::not_found,
                       fmt::format("component {} does not wait for {}", to_string(edge.component),
                                   to_string(edge.depends_on))};
      }
      return say(*waiting, "removed", edge.depends_on, by, now());
    });
  }

  // -- questions ---

  result<project_graph> graph(const uuid& project) override {
    auto loaded = load_known(project);
    if (!loaded) return loaded.error();
    return std::move(loaded->as_stored);
  }

  result<std::vector<graph_component>> order(const uuid& project) override {
    const auto loaded = load_known(project);
    if (!loaded) return loaded.error();
    return loaded->named(loaded->graph.topological_order());
  }

  result<std::vector<graph_component>> unblocked(const uuid& project) override {
    const auto loaded = load_known(project);
    if (!loaded) return loaded.error();
    return loaded->named(loaded->graph.unblocked());
  }

  result<remaining_path> critical(const uuid& project) override {
    const auto loaded = load_known(project);
    if (!loaded) return loaded.error();
    const auto path = loaded->graph.longest_remaining();
    return remaining_path{.components = loaded->named(path.components), .total = path.total};
  }

  result<std::vector<blocking_component>> blocked_by(const uuid& id) override {
    const auto asked = rows_.find(id);
    if (!asked) return asked.error();
    const auto loaded = load(asked->project_id);
    if (!loaded) return loaded.error();
    std::vector<blocking_component> all;
    for (const auto& b : loaded->graph.blocked_by(id))
      all.push_back({*loaded->by_id.at(b.id), b.via, b.steps, b.startable});
    return all;
  }

 private:
  /// The one that waits, with its project locked; the other is there, in the same project.
  result<component> lock_waiting(const dependency& edge) {
    auto waiting = rows_.find(edge.component);
    if (!waiting) return waiting;
    if (auto r = lock_project(rows_.session(), waiting->project_id); !r) return r.error();
    const auto other = rows_.find(edge.depends_on);
    if (!other) return other;
    if (other->project_id != waiting->project_id) {
      return failure{errc::conflict,
                     fmt::format("{} and {} are of different projects; components wait only for "
                                 "components of their own project",
                                 waiting->slug, other->slug)};
    }
    // Its row, too, so that its events stay in the order of its changes.
    return rows_.lock(edge.component, std::nullopt);
  }

  result<loaded_graph> load_known(const uuid& project) {
    auto loaded = load(project);
    if (!loaded || !loaded->as_stored.components.empty()) return loaded;
    auto r = rows_.session().exec("SELECT 1 FROM projects WHERE id = $1", {to_string(project)});
    if (!r) return r.error();
    if (r->size() == 0) return no_entity(entity_kind::project, project);
    return loaded;
  }

  result<loaded_graph> load(const uuid& project) {
    auto nodes = rows_.session().exec(sql::graph_nodes, {to_string(project)});
    if (!nodes) return nodes.error();
    auto edges = rows_.session().exec(sql::graph_edges, {to_string(project)});
    if (!edges) return edges.error();
    project_graph g;
    for (int i = 0; i < nodes->size(); ++i) {
      g.components.push_back({.id = uuid_at(*nodes, i, 0).value(),
                              .slug = std::string{nodes->text(i, 1)},
                              .title = std::string{nodes->text(i, 2)},
                              .status = td::named<component_status>(nodes->text(i, 3)).value(),
                              .finished = nodes->truth(i, 4),
                              .remaining = nodes->number(i, 5)});
    }
    for (int i = 0; i < edges->size(); ++i) {
      g.dependencies.push_back({uuid_at(*edges, i, 0).value(), uuid_at(*edges, i, 1).value()});
    }
    return loaded_graph{std::move(g)};
  }

  static failure refused(const loaded_graph& loaded, const std::vector<uuid>& circle) {
    std::string path;
    for (const auto& c : loaded.named(circle))
      path += fmt::format("{}{}", path.empty() ? "" : " -> ", c.slug);
    return {errc::dependency_cycle,
            fmt::format("{} would wait for itself: {}; remove one of these dependencies first",
                        loaded.by_id.at(circle.front())->slug, path),
            "/depends_on"};
  }

  result<void> say(const component& waiting, const char* what, const uuid& whom,
                   const write_context& by, timestamp at) {
    auto payload = to_json(waiting);
    for (const auto* bulky : {"description", "metadata"})
      payload.erase(bulky);
    payload["actor"] = by.actor;
    payload["changed"] = json::object{{"depends_on", json::object{{what, to_string(whom)}}}};
    return outbox_store::put(
        rows_.session(), make_own_event("component_updated", "tracker/events/components/updated",
                                        json::serialize(payload), waiting.id, by.trace_id, at));
  }

  entity_access<component> rows_;
};

}  // namespace

std::unique_ptr<dependency_store> make_dependency_store(shared_connection connection) {
  return std::make_unique<pg_dependency_store>(std::move(connection));
}

}  // namespace td
