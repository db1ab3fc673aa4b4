#pragma once

#include "identity/audit.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

/// Records an entry: call it within the transaction of what it tells of, so that both are there or
/// neither is. Texts are made printable and cut. Errors as any statement's; the transaction is then
/// lost.
result<void> append(pg::session& session, const audit_entry& entry, timestamp at);

/// Which rows to list. Empty members ask nothing.
struct audit_filter {
  std::string actor{};   ///< the whole of it, or its name alone: "user anna", "anna"
  std::string target{};  ///< the same
  std::string action{};
  std::string result{};
  std::string address{};
  std::string request_id{};
  std::optional<timestamp> since{};
  std::optional<timestamp> until{};
  std::optional<std::pair<timestamp, uuid>> before{};  ///< older than this row: the next page
  std::size_t limit{100};
};

/// What waits for its place in the chain.
struct audit_tail {
  std::uint64_t rows{};
  std::optional<timestamp> oldest{};
};

/// The audit log. Rows are appended by others, within their transactions.
class audit_store : public store {
 public:
  /// Newest first.
  virtual result<std::vector<audit_row>> list(const audit_filter& filter) = 0;

  /// Takes part in who chains (a session-level advisory lock): true for one store at a time, until
  /// its connection ends.
  virtual result<bool> lead() = 0;

  /// Gives up to `most` waiting rows their places, oldest first, in one transaction; returns how
  /// many. database_conflict: somebody else has chained meanwhile.
  virtual result<std::uint32_t> chain_waiting(const crypto::key& k, std::uint32_t most) = 0;

  virtual result<audit_head> head() = 0;

  /// The head as it was at this position; absent: no row has it.
  virtual result<std::optional<audit_head>> head_at(std::int64_t position) = 0;
  virtual result<audit_tail> tail() = 0;

  /// The head and then all chained rows by position, in one snapshot and bounded memory.
  using head_visitor = std::function<void(const audit_head&)>;
  using row_visitor = std::function<void(const audit_row&)>;
  virtual result<void> visit_chain(const head_visitor& on_head, const row_visitor& on_row) = 0;
};

/// configuration_invalid, database_away, database_refused.
result<std::unique_ptr<audit_store>> open_audit_store(const database_options& options);

/// The same on a connection that several stores share; `reconnect` of one is that of all.
std::unique_ptr<audit_store> make_audit_store(const database_options& options,
                                              std::shared_ptr<pg::session> shared);

}  // namespace td
