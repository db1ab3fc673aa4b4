#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "projects/entity_event.hpp"
#include "projects/list_query.hpp"
#include "projects/project.hpp"
#include "storage/entity_connection.hpp"
#include "storage/entity_page.hpp"

namespace td {

/// Projects. Every write is one transaction with its event (outbox_store), on behalf of `by`.
/// `expected`: the version that the writer has read; absent: whatever is there. Errors of all
/// writes, besides the database's: value_invalid (with the field's pointer), not_found,
/// version_conflict (tells the current one), conflict (its state, or another's name, is in the
/// way). After database_away or timed_out a write may have been done: read again.
class project_store : public store {
 public:
  using version = std::optional<std::int64_t>;

  /// `wanted`: at least key and title.
  virtual result<project> create(const project_change& wanted, const write_context& by) = 0;

  virtual result<project> find(const uuid& id) = 0;               ///< not_found
  virtual result<project> find_by_key(std::string_view key) = 0;  ///< not_found

  /// What it is now; without an event or a new version where nothing differs.
  virtual result<project> update(const uuid& id, version expected, const project_change& change,
                                 const write_context& by) = 0;
  virtual result<project> archive(const uuid& id, version expected, const write_context& by) = 0;
  virtual result<project> restore(const uuid& id, version expected, const write_context& by) = 0;

  /// For good; only what is archived and has neither components nor tasks.
  virtual result<void> remove(const uuid& id, version expected, const write_context& by) = 0;

  /// value_invalid: see `check`.
  virtual result<page<project>> list(const list_query& q) = 0;
};

std::unique_ptr<project_store> make_project_store(shared_connection connection);

}  // namespace td
