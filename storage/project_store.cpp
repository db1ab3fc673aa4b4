#include "storage/project_store.hpp"

#include "projects/fields.hpp"
#include "storage/entity_access.hpp"

namespace td {

namespace {

class pg_project_store final : public project_store {
 public:
  explicit pg_project_store(shared_connection connection) : rows_{std::move(connection)} {}

  result<void> reconnect() override { return rows_.connection().reconnect(); }

  result<project> create(const project_change& wanted, const write_context& by) override {
    auto fresh = make_project(wanted, random_uuid(), now());
    if (!fresh) return fresh;
    return rows_.connection().in_transaction([&]() -> result<project> {
      if (auto r = rows_.insert(*fresh, by); !r) return r.error();
      return fresh;
    });
  }

  result<project> find(const uuid& id) override { return rows_.find(id); }

  result<project> find_by_key(std::string_view key) override {
    auto r = rows_.session().exec(
        fmt::format("SELECT {} FROM projects e WHERE e.key = $1", columns<project>()),
        {storable(key)});
    if (!r) return r.error();
    if (r->size() == 0)
      return failure{errc::not_found, fmt::format("there is no project {}", quoted(key))};
    return entity_table<project>::read(*r, 0);
  }

  result<project> update(const uuid& id, version expected, const project_change& wanted,
                         const write_context& by) override {
    return rows_.change(id, expected, entity_verb::updated, by,
                        [&](const project& p) { return changed(p, wanted, now()); });
  }

  result<project> archive(const uuid& id, version expected, const write_context& by) override {
    return rows_.archive(id, expected, by);
  }

  result<project> restore(const uuid& id, version expected, const write_context& by) override {
    return rows_.restore(id, expected, by);
  }

  result<void> remove(const uuid& id, version expected, const write_context& by) override {
    return rows_.remove(id, expected, by);
  }

  result<page<project>> list(const list_query& q) override { return rows_.list(q); }

 private:
  /// No project has a key that is none.
  static std::string storable(std::string_view key) {
    return fields::check_key(key) ? std::string{key} : std::string{};
  }

  entity_access<project> rows_;
};

}  // namespace

std::unique_ptr<project_store> make_project_store(shared_connection connection) {
  return std::make_unique<pg_project_store>(std::move(connection));
}

}  // namespace td
