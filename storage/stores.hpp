#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"
#include "storage/interrupter.hpp"
#include "storage/retention.hpp"

namespace td {

/// How to reach the database. Every store opens a connection of its own from this.
struct database_options {
  std::string url{};
  std::string application_name{"taylordash"};
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds statement_timeout{30000};
  /// After how long without a word from the other end a connection is given up, by both: ours frees
  /// this thread, the server's frees the locks and leases of a node that is gone. From 4 s.
  std::chrono::seconds silence{11};
  std::shared_ptr<interrupter>
      stop{};  ///< ends the waits of all stores opened with it; may be null
};

/// What all stores have in common: one connection, one thread at a time. Each statement blocks for
/// at most the statement time-out and 5 s, whatever becomes of the server or the network; then
/// the connection is given up (database_away).
class store {
 public:
  virtual ~store() = default;

  /// Opens the connection again, after database_away. database_away when it cannot.
  virtual result<void> reconnect() = 0;
};

/// Where checked batches come to rest.
class mirror_store : public store {
 public:
  /// Stores a whole batch in one transaction: its events (once per (event_id, occurred_at)), its
  /// rejects as dead letters, and its row in the journal. On success all of it is committed and
  /// the counts add up to the batch's size. Rows that the database itself refuses are
  /// dead-lettered (errc refused_by_database) and the rest stored.
  /// On failure nothing of it is stored, or (errc timed_out, database_away) it may have been:
  /// writing it again is always safe. database_away: call `reconnect`. Any code whose disposition
  /// is stop: give up. Deadlocks are tried again within the call, a missing partition is made.
  /// An empty batch is a success without a transaction (position 0).
  virtual result<verdict> write(const checked_batch& b) = 0;

  /// A cheap round trip.
  virtual result<void> ping() = 0;
};

/// One numbered lane of the deployment.
struct lane_slot {
  std::int32_t slot{};      ///< from 1
  bool ordered{};           ///< subscribes plainly, alone
  bool retiring{};          ///< to be drained, ended at the broker and deleted
  std::string client_id{};  ///< "taylordash-<12 hex of the deployment>-<slot>[-ordered]"
};

/// Slots and their leases. A lease is a session-level advisory lock on this store's own connection:
/// whoever loses the connection has lost every lease. `reconnect` begins without leases.
class lane_store : public store {
 public:
  /// The deployment's own id, made by the first migration; part of every MQTT client id.
  virtual result<uuid> deployment() = 0;

  /// Every slot there is, with whether somebody (also this store) holds its lease.
  struct listed {
    lane_slot slot;
    bool leased{};
    bool leased_here{};
  };
  virtual result<std::vector<listed>> list() = 0;

  /// Takes the lease of a slot. False when another holds it.
  virtual result<bool> lease(std::int32_t slot) = 0;

  /// Makes the lowest free slot number a new slot and leases it. database_conflict: `ordered`, and
  /// the deployment has an ordered lane that is not retiring.
  virtual result<lane_slot> create(bool ordered) = 0;

  /// Marks a slot for draining; survives a crash, so that the next owner goes on draining. A slot
  /// that is gone is a success.
  virtual result<void> retire(std::int32_t slot) = 0;

  /// Deletes a drained slot and gives its lease up. Only by its holder (else lease_lost).
  virtual result<void> remove(std::int32_t slot) = 0;

  /// Gives a lease up and keeps the slot.
  virtual result<void> release(std::int32_t slot) = 0;

  /// Succeeds while the server still holds every lease taken here (a round trip). lease_lost: it
  /// does not (a pooler between us deals out connections, perhaps); then, as with database_away,
  /// all leases are gone: `reconnect`.
  virtual result<void> confirm() = 0;
};

/// Partitions of the mirror and what time takes away. Failures with database_busy have left
/// everything sound: call again later. What is destructive or long does nothing (0) while another
/// store leads.
class partition_store : public store {
 public:
  /// The server's clock.
  virtual result<timestamp> now() = 0;

  /// Makes the daily partitions of [first_day, last_day], those that exist left alone: a table,
  /// then ATTACH, so that ingest never waits. Returns how many were made.
  virtual result<std::uint32_t> ensure(std::chrono::sys_days first_day,
                                       std::chrono::sys_days last_day) = 0;

  /// The policies that people have set, and these defaults, which are noted for commands that have
  /// no settings at hand.
  virtual result<retention_rules> rules(const retention_defaults& defaults) = 0;

  /// What `apply_retention` would take now. Reads every day from which something may go, whoever
  /// leads.
  virtual result<retention_plan> plan_retention(const retention_rules& rules,
                                                std::chrono::sys_days today, timestamp now) = 0;

  /// Takes what has expired: days that no policy keeps are detached (concurrently) and dropped; of
  /// closed days that some policies keep, what stays is copied and the copy takes the day's place,
  /// or, where little goes, rows are erased; dead letters are deleted in small steps. Never waits
  /// for more than a moment with a lock that others need: who is in the way leaves the day for the
  /// next call, and the run's `error` says so. The run is written down if it did anything.
  virtual result<retention_run> apply_retention(const retention_rules& rules,
                                                std::chrono::sys_days today, timestamp now,
                                                std::string_view actor) = 0;

  /// Gives closed days (before `today`) that hold events their search indexes: kind, topic, GIN on
  /// payload. Builds at most one day per call, newest first; returns how many indexes were built.
  /// May take as long as indexing a day takes: `database_options::stop` ends it.
  virtual result<std::uint32_t> index_closed(std::chrono::sys_days today) = 0;

  /// Prunes journal rows whose events are all in dropped partitions, from the front: what remains
  /// has no gaps, and the newest row always remains, as does what belongs to days before
  /// `first_kept` that are still there. Returns how many. Before that it adds all of the journal to
  /// the sums of the minutes (storage/journal_minutes.hpp): what is pruned can be counted no more.
  virtual result<std::uint64_t> prune_journal(std::chrono::sys_days first_kept) = 0;

  /// Tries to become the one that does this work (advisory lock); false when another is. Ends with
  /// the connection.
  virtual result<bool> lead() = 0;
};

result<std::unique_ptr<mirror_store>> open_mirror_store(const database_options& options);
result<std::unique_ptr<lane_store>> open_lane_store(const database_options& options);
result<std::unique_ptr<partition_store>> open_partition_store(const database_options& options);

/// Brings the schema up to this binary's version, each migration in a transaction under an
/// advisory lock, checksummed. Returns how many were applied. Errors: schema_too_new (the
/// database is newer than the binary), migration_changed (a released file was edited),
/// permission_denied, database_away. Safe to call from several nodes at once. Also adds
/// the shipped schemas that are missing and makes the partitions of [today - retention_days, today
/// + days_ahead].
struct partition_window {
  std::uint32_t retention_days{30};
  std::uint32_t days_ahead{3};
};
result<std::uint32_t> migrate(const database_options& options, const partition_window& window);

}  // namespace td
