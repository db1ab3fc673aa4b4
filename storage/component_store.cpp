#include "storage/component_store.hpp"

#include "storage/entity_access.hpp"
#include "storage/project_lock.hpp"
#include "storage/project_sql.hpp"

namespace td {

namespace {

namespace sql = project_sql;

class pg_component_store final : public component_store {
 public:
  explicit pg_component_store(shared_connection connection) : rows_{std::move(connection)} {}

  result<void> reconnect() override { return rows_.connection().reconnect(); }

  result<component> create(const uuid& project_id, const component_change& wanted,
                           const write_context& by) override {
    return rows_.connection().in_transaction([&]() -> result<component> {
      if (auto r = lock_project(rows_.session(), project_id); !r) return r.error();
      if (auto r = check_room(project_id); !r) return r.error();
      auto placed = wanted;
      if (!placed.position) {
        auto last = last_position(rows_.session(), "components", project_id);
        if (!last) return last.error();
        placed.position = *std::move(last);
      }
      auto fresh = make_component(placed, random_uuid(), project_id, now());
      if (!fresh) return fresh;
      if (auto r = rows_.insert(*fresh, by); !r) return r.error();
      return fresh;
    });
  }

  result<component> find(const uuid& id) override { return rows_.find(id); }

  result<component> update(const uuid& id, version expected, const component_change& wanted,
                           const write_context& by) override {
    return rows_.change(id, expected, entity_verb::updated, by,
                        [&](const component& c) { return changed(c, wanted, now()); });
  }

  result<component> archive(const uuid& id, version expected, const write_context& by) override {
    return rows_.archive(id, expected, by);
  }

  result<component> restore(const uuid& id, version expected, const write_context& by) override {
    return rows_.restore(id, expected, by);
  }

  result<void> remove(const uuid& id, version expected, const write_context& by) override {
    return rows_.remove(id, expected, by);
  }

  result<page<component>> list(const list_query& q) override { return rows_.list(q); }

 private:
  result<void> check_room(const uuid& project_id) {
    auto r = rows_.session().exec(sql::count_components, {to_string(project_id)});
    if (!r) return r.error();
    if (r->number(0, 0) < max_per_project) return ok();
    return failure{errc::conflict, fmt::format("the project has {} components, as many as it may; "
                                               "delete archived ones first",
                                               r->number(0, 0))};
  }

  entity_access<component> rows_;
};

}  // namespace

std::unique_ptr<component_store> make_component_store(shared_connection connection) {
  return std::make_unique<pg_component_store>(std::move(connection));
}

}  // namespace td
