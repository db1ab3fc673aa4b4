#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "projects/entity_event.hpp"
#include "storage/entity_connection.hpp"
#include "storage/entity_page.hpp"
#include "storage/entity_rows.hpp"
#include "storage/outbox_store.hpp"

namespace td {

/// What a constraint's refusal means to people; other failures as they are.
failure explain(const pg::session& session, failure why);

/// not_found: "there is no task <id>".
failure no_entity(entity_kind kind, const uuid& id);

/// version_conflict: tells the version that is there.
result<void> check_version(const entity& e, entity_kind kind,
                           const std::optional<std::int64_t>& expected);

/// Reads and writes the rows of one kind of entity, each write with its event. What writes runs
/// within the caller's transaction. Internal to the stores.
template <class Entity>
class entity_access {
 public:
  using table = entity_table<Entity>;

  explicit entity_access(shared_connection connection) : connection_{std::move(connection)} {}

  pg::session& session() { return connection_->session(); }
  entity_connection& connection() { return *connection_; }

  /// not_found.
  result<Entity> find(const uuid& id) { return one(id, ""); }

  /// The same, locked until the transaction ends, and held against the expected version.
  result<Entity> lock(const uuid& id, const std::optional<std::int64_t>& expected) {
    auto there = one(id, " FOR NO KEY UPDATE");
    if (!there) return there;
    if (auto r = check_version(*there, table::kind, expected); !r) return r.error();
    return there;
  }

  /// Locks those of the ids that are there, in one order for everybody.
  result<std::vector<Entity>> lock_all(const std::string& ids) {
    auto r = session().exec(fmt::format("SELECT {} FROM {} e WHERE e.id = ANY ($1::uuid[]) "
                                        "ORDER BY e.id FOR NO KEY UPDATE",
                                        columns<Entity>(), table::name),
                            {ids});
    if (!r) return r.error();
    return read_all(*r, r->size());
  }

  result<void> insert(const Entity& fresh, const write_context& by) {
    std::string names, places;
    const auto fields = table::fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      names += fmt::format("{}{}", i == 0 ? "" : ", ", fields[i]);
      places += fmt::format("{}${}", i == 0 ? "" : ", ", i + 1);
    }
    if (auto r =
            run(fmt::format("INSERT INTO {} ({}) VALUES ({})", table::name, names, places), fresh);
        !r) {
      return r;
    }
    return put(entity_verb::created, nullptr, &fresh, by, fresh.created_at);
  }

  /// Nothing is written, and nothing said, where nothing differs.
  result<void> update(const Entity& before, const Entity& after, entity_verb verb,
                      const write_context& by) {
    if (before == after) return ok();
    std::string sets;
    const auto fields = table::fields();
    for (std::size_t i = 1; i < fields.size(); ++i)
      sets += fmt::format("{}{} = ${}", i == 1 ? "" : ", ", fields[i], i + 1);
    if (auto r = run(fmt::format("UPDATE {} SET {} WHERE id = $1", table::name, sets), after); !r)
      return r;
    return put(verb, &before, &after, by, after.updated_at);
  }

  result<void> remove(const Entity& gone, const write_context& by) {
    auto r = session().exec(fmt::format("DELETE FROM {} WHERE id = $1", table::name),
                            {to_string(gone.id)});
    if (!r) return explain(session(), r.error());
    return put(entity_verb::deleted, &gone, nullptr, by, now());
  }

  // -- whole transactions ---

  /// `how`: Entity -> result<Entity>.
  template <class Change>
  result<Entity> change(const uuid& id, const std::optional<std::int64_t>& expected,
                        entity_verb verb, const write_context& by, Change how) {
    return connection_->in_transaction([&]() -> result<Entity> {
      const auto before = lock(id, expected);
      if (!before) return before;
      auto after = how(*before);
      if (!after) return after;
      if (auto r = update(*before, *after, verb, by); !r) return r.error();
      return after;
    });
  }

  result<Entity> archive(const uuid& id, const std::optional<std::int64_t>& expected,
                         const write_context& by) {
    return change(id, expected, entity_verb::archived, by,
                  [](const Entity& e) -> result<Entity> { return archived(e, now()); });
  }

  result<Entity> restore(const uuid& id, const std::optional<std::int64_t>& expected,
                         const write_context& by) {
    return change(id, expected, entity_verb::restored, by,
                  [](const Entity& e) -> result<Entity> { return restored(e, now()); });
  }

  /// Only what was archived before.
  result<void> remove(const uuid& id, const std::optional<std::int64_t>& expected,
                      const write_context& by) {
    return connection_->in_transaction([&]() -> result<void> {
      const auto there = lock(id, expected);
      if (!there) return there.error();
      if (!there->archived_at) {
        return failure{errc::conflict, fmt::format("the {} is not archived; archive it before it "
                                                   "is deleted for good",
                                                   name_of(table::kind))};
      }
      return remove(*there, by);
    });
  }

  result<page<Entity>> list(const list_query& q) {
    if (auto r = check(q, table::kind); !r) return r.error();
    const auto statement = list_statement_of(q, columns<Entity>(), table::name, table::person);
    auto r = session().exec(statement.sql, statement.params);
    if (!r) return r.error();
    const auto all = static_cast<std::size_t>(r->size());
    const auto shown = std::min(all, q.limit);
    page<Entity> out{.items = read_all(*r, static_cast<int>(shown))};
    if (all > shown) {
      const auto last = static_cast<int>(shown) - 1;
      out.next = to_text({.order = q.order(),
                          .descending = q.is_descending(),
                          .value = std::string{r->text(last, r->columns() - 1)},
                          .id = out.items.back().id});
    }
    return out;
  }

 private:
  result<Entity> one(const uuid& id, const char* lock) {
    auto r = session().exec(
        fmt::format("SELECT {} FROM {} e WHERE e.id = $1{}", columns<Entity>(), table::name, lock),
        {to_string(id)});
    if (!r) return r.error();
    if (r->size() == 0) return no_entity(table::kind, id);
    return table::read(*r, 0);
  }

  static std::vector<Entity> read_all(const pg::rows& r, int rows) {
    std::vector<Entity> all;
    for (int i = 0; i < rows; ++i)
      all.push_back(table::read(r, i));
    return all;
  }

  result<void> run(const std::string& sql, const Entity& e) {
    auto r = session().exec(sql, table::values(e));
    if (!r) return explain(session(), r.error());
    return ok();
  }

  result<void> put(entity_verb verb, const Entity* before, const Entity* after,
                   const write_context& by, timestamp at) {
    return outbox_store::put(session(), event_of(table::kind, verb, before, after, by, at));
  }

  shared_connection connection_;
};

}  // namespace td
