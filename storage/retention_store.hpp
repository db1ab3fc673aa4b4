#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/retention.hpp"
#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

/// Retention for people: policies and what runs did. What the runs are made of is in
/// `partition_store`.
class retention_store : public store {
 public:
  virtual result<std::vector<retention_policy>> policies() = 0;

  /// Adds a policy, or changes its days. configuration_invalid: the days are not 1 to
  /// max_keep_days.
  virtual result<void> set(const retention_policy& policy) = 0;

  /// Removes the policy of this topic prefix and kind. False: there is none.
  virtual result<bool> remove(retained what, std::string_view topic_prefix,
                              std::string_view kind) = 0;

  /// The newest runs first.
  virtual result<std::vector<retention_run>> runs(std::size_t limit) = 0;

  /// What the settings of the services say; absent where none has run yet.
  virtual result<std::optional<retention_defaults>> defaults() = 0;

  /// Who holds the maintenance lock, for a sentence: "taylordash (process 12 of PostgreSQL, from
  /// 10.0.0.7, role taylordash)". Absent: nobody.
  virtual result<std::optional<std::string>> leader() = 0;
};

result<std::unique_ptr<retention_store>> open_retention_store(const database_options& options);

/// The same over the caller's connection, which outlives it: `reconnect` fails.
std::unique_ptr<retention_store> retention_store_on(pg::session& session);

}  // namespace td
