#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "schema/registry.hpp"
#include "schema/shadow_book.hpp"
#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

enum class schema_state : std::uint8_t {
  candidate,  ///< checks live events in the shadow of the active versions
  active,     ///< judges events that name it; the highest one also those that name none
  retired,    ///< events that name it are refused
};
std::string_view name_of(schema_state s) noexcept;

/// A row of event_schemas.
struct stored_schema {
  std::string kind{};
  std::int32_t version{};
  schema_state state{};
  bool shipped{};  ///< came with the product
  std::string body{};
  timestamp added_at{};
  std::string added_by{};
  timestamp changed_at{};  ///< of the state
  std::string changed_by{};
};

/// What a candidate has said of live events, on all nodes.
struct shadow_report {
  shadow_counts counts{};
  timestamp first_seen{};  ///< epoch: it has seen none
  timestamp last_seen{};
};

/// Schemas by kind and version, and what their candidates say. `who` is a person or a node, kept in
/// the history. A version's body never changes.
class schema_store : public store {
 public:
  /// Counts the changes: equal means that nothing has changed since.
  virtual result<std::int64_t> revision() = 0;

  /// All candidates and active versions, with the revision they belong to.
  struct in_force {
    std::int64_t revision{};
    std::vector<schema_definition> definitions{};
  };
  virtual result<in_force> load() = 0;

  /// Of one kind, or of all where `kind` is empty; by kind, then newest first. Bodies are left out.
  virtual result<std::vector<stored_schema>> list(std::string_view kind) = 0;

  /// One version; 0: the one that judges events that name none, else the newest. not_found.
  virtual result<stored_schema> find(std::string_view kind, std::int32_t version) = 0;

  /// Adds a candidate and returns its version; 0 asks for the next one. configuration_invalid: the
  /// kind is no name, or the body can't be compiled. conflict: the version exists, or the kind's
  /// newest version has this very body.
  virtual result<std::int32_t> add(std::string_view kind, std::int32_t version,
                                   std::string_view body, std::string_view who) = 0;

  /// candidate or retired -> active. not_found; conflict: it is active.
  virtual result<void> promote(std::string_view kind, std::int32_t version,
                               std::string_view who) = 0;

  /// candidate or active -> retired. not_found; conflict: it is retired.
  virtual result<void> retire(std::string_view kind, std::int32_t version,
                              std::string_view who) = 0;

  /// Adds what candidates said to what is there. Counts of versions that are gone are dropped.
  virtual result<void> add_shadows(std::span<const shadow_counts> counts) = 0;
  virtual result<shadow_report> shadows(std::string_view kind, std::int32_t version) = 0;

  /// A stored event. Views live until the visitor returns.
  struct stored_payload {
    uuid event_id{};
    timestamp occurred_at{};
    std::string_view payload{};  ///< jsonb as PostgreSQL writes it
  };

  /// Shows the mirror's events of a kind that name this version or none and occurred since `since`,
  /// in one snapshot and bounded memory, until the visitor says false.
  using payload_visitor = std::function<bool(const stored_payload&)>;
  virtual result<void> visit(std::string_view kind, std::int32_t version, timestamp since,
                             const payload_visitor& visitor) = 0;
};

/// configuration_invalid, database_away, database_refused.
result<std::unique_ptr<schema_store>> open_schema_store(const database_options& options);

/// The same over the caller's connection, which outlives it: `reconnect` fails.
std::unique_ptr<schema_store> schema_store_on(pg::session& session);

/// Adds the shipped schemas that the database lacks, in one transaction: active where it had none
/// at all, else as candidates. Returns how many.
result<std::uint32_t> ship_schemas(pg::session& session);

}  // namespace td
