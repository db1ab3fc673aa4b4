#include "storage/task_store.hpp"

#include <charconv>
#include <map>
#include <set>

#include "projects/fields.hpp"
#include "storage/entity_access.hpp"
#include "storage/pg_array.hpp"
#include "storage/project_lock.hpp"
#include "storage/project_sql.hpp"

namespace td {

namespace {

namespace sql = project_sql;

failure no_task(std::string_view name) {
  return {errc::not_found, fmt::format("there is no task {}", quoted(name))};
}

class pg_task_store final : public task_store {
 public:
  explicit pg_task_store(shared_connection connection) : rows_{std::move(connection)} {}

  result<void> reconnect() override { return rows_.connection().reconnect(); }

  result<task> create(const uuid& project_id, const task_change& wanted,
                      const write_context& by) override {
    return rows_.connection().in_transaction([&]() -> result<task> {
      if (auto r = lock_project(rows_.session(), project_id); !r) return r.error();
      auto number = rows_.session().exec(sql::next_task_number, {to_string(project_id)});
      if (!number) return number.error();
      auto placed = wanted;
      if (!placed.position) {
        auto last = last_position(rows_.session(), "tasks", project_id);
        if (!last) return last.error();
        placed.position = *std::move(last);
      }
      auto fresh = make_task(placed, random_uuid(), project_id,
                             static_cast<std::int32_t>(number->number(0, 0)), now());
      if (!fresh) return fresh;
      if (auto r = check_surroundings(*fresh, wanted); !r) return r.error();
      if (auto r = rows_.insert(*fresh, by); !r) return r.error();
      return fresh;
    });
  }

  result<task> find(const uuid& id) override { return rows_.find(id); }

  result<task> find_by_name(std::string_view name) override {
    const auto dash = name.find('-');
    if (dash == name.npos) return no_task(name);
    const auto key = name.substr(0, dash);
    const auto digits = name.substr(dash + 1);
    std::int32_t number = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (wrong != std::errc{} || end != digits.data() + digits.size() || !fields::check_key(key))
      return no_task(name);
    auto r = rows_.session().exec(fmt::format(sql::find_task, columns<task>()),
                                  {std::string{key}, std::to_string(number)});
    if (!r) return r.error();
    if (r->size() == 0) return no_task(name);
    return entity_table<task>::read(*r, 0);
  }

  result<task> update(const uuid& id, version expected, const task_change& wanted,
                      const write_context& by) override {
    return rows_.connection().in_transaction([&]() -> result<task> {
      if (wanted.parent_id) {
        if (auto r = lock_projects_of(pg_array_of({to_string(id)})); !r) return r.error();
      }
      const auto before = rows_.lock(id, expected);
      if (!before) return before;
      return change_one(*before, wanted, by);
    });
  }

  result<task_updates> update_all(std::span<const task_update> updates,
                                  const write_context& by) override {
    if (updates.size() > max_updates) {
      return failure{errc::value_invalid,
                     fmt::format("{} tasks at once; at most {} are allowed, send them in parts",
                                 updates.size(), max_updates)};
    }
    std::set<uuid> seen;
    for (const auto& u : updates) {
      if (seen.insert(u.id).second) continue;
      return failure{errc::value_invalid,
                     fmt::format("task {} is there twice; send one change of it", to_string(u.id))};
    }
    return rows_.connection().in_transaction([&] { return update_locked(updates, by); });
  }

  result<task> archive(const uuid& id, version expected, const write_context& by) override {
    return rows_.archive(id, expected, by);
  }

  result<task> restore(const uuid& id, version expected, const write_context& by) override {
    return rows_.restore(id, expected, by);
  }

  result<void> remove(const uuid& id, version expected, const write_context& by) override {
    return rows_.remove(id, expected, by);
  }

  result<page<task>> list(const list_query& q) override { return rows_.list(q); }

 private:
  result<void> lock_projects_of(const std::string& ids) {
    auto r = rows_.session().exec(sql::lock_of_tasks, {ids});
    if (!r) return r.error();
    return ok();
  }

  result<task> change_one(const task& before, const task_change& wanted, const write_context& by) {
    auto after = changed(before, wanted, now());
    if (!after) return after;
    if (auto r = check_surroundings(*after, wanted); !r) return r.error();
    if (auto r = rows_.update(before, *after, entity_verb::updated, by); !r) return r.error();
    return after;
  }

  /// A failure of one task leaves the others to be looked at; a failure of the database ends it.
  result<task_updates> update_locked(std::span<const task_update> updates,
                                     const write_context& by) {
    std::vector<std::string> ids;
    bool moves = false;
    for (const auto& u : updates) {
      ids.push_back(to_string(u.id));
      moves = moves || u.change.parent_id.has_value();
    }
    const auto list = pg_array_of(ids);
    if (moves) {
      if (auto r = lock_projects_of(list); !r) return r.error();
    }
    auto locked = rows_.lock_all(list);
    if (!locked) return locked.error();
    std::map<uuid, const task*> there;
    for (const auto& t : *locked)
      there[t.id] = &t;
    if (auto r = rows_.session().exec("SAVEPOINT nothing_changed"); !r) return r.error();
    task_updates out;
    for (const auto& u : updates) {
      auto done = update_one(there, u, by);
      if (done) {
        out.tasks.push_back(*std::move(done));
      } else if (is_of_the_request(done.error().code)) {
        out.failed.push_back({u.id, done.error()});
      } else {
        return done.error();
      }
    }
    if (out.failed.empty()) return out;
    out.tasks.clear();
    if (auto r = rows_.session().exec("ROLLBACK TO SAVEPOINT nothing_changed"); !r)
      return r.error();
    return out;
  }

  result<task> update_one(const std::map<uuid, const task*>& there, const task_update& u,
                          const write_context& by) {
    const auto found = there.find(u.id);
    if (found == there.end()) return no_entity(entity_kind::task, u.id);
    if (auto r = check_version(*found->second, entity_kind::task, u.expected); !r) return r.error();
    return change_one(*found->second, u.change, by);
  }

  static bool is_of_the_request(errc code) {
    return code == errc::not_found || code == errc::version_conflict || code == errc::conflict ||
           code == errc::value_invalid || code == errc::dependency_cycle;
  }

  /// Component and parent are there, in the task's project, and the parent is no part of the task.
  result<void> check_surroundings(const task& t, const task_change& wanted) {
    if (wanted.component_id && t.component_id) {
      auto r = rows_.session().exec(sql::has_component,
                                    {to_string(t.project_id), to_string(*t.component_id)});
      if (!r) return r.error();
      if (r->size() == 0) return not_there("component", *t.component_id, "/component_id");
    }
    if (wanted.parent_id && t.parent_id) return check_parent(t);
    return ok();
  }

  static failure not_there(std::string_view what, const uuid& id, const char* pointer) {
    return {errc::not_found,
            fmt::format("there is no {} {} in the task's project", what, to_string(id)), pointer};
  }

  result<void> check_parent(const task& t) {
    if (auto held = rows_.session().exec(sql::hold_task, {to_string(*t.parent_id)}); !held)
      return held.error();
    auto r = rows_.session().exec(sql::parents,
                                  {to_string(*t.parent_id), std::to_string(max_depth + 1)});
    if (!r) return r.error();
    if (r->size() == 0 || uuid_at(*r, 0, 2) != t.project_id)
      return not_there("task", *t.parent_id, "/parent_id");
    std::string path;
    for (int i = 0; i < r->size(); ++i) {
      if (uuid_at(*r, i, 0) == t.id) {
        return failure{
            errc::dependency_cycle,
            fmt::format("the task would be a part of itself: {0}{1} -> {0}; take another "
                        "parent",
                        r->text(i, 1), path),
            "/parent_id"};
      }
      path += fmt::format(" -> {}", r->text(i, 1));
    }
    if (r->size() <= max_depth) return ok();
    return failure{errc::value_invalid,
                   fmt::format("the task would be more than {} levels down; take a parent further "
                               "up",
                               max_depth),
                   "/parent_id"};
  }

  entity_access<task> rows_;
};

}  // namespace

std::unique_ptr<task_store> make_task_store(shared_connection connection) {
  return std::make_unique<pg_task_store>(std::move(connection));
}

}  // namespace td
