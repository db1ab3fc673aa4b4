#include <array>
#include <memory>

#include <fmt/format.h>

#include "storage/locks.hpp"
#include "storage/partitions.hpp"
#include "storage/pg.hpp"
#include "storage/stores.hpp"

namespace td {

namespace {

using std::chrono::sys_days;

constexpr std::chrono::hours index_timeout{6};  // a day of a billion events
constexpr int detach_attempts = 3;
constexpr std::uint64_t dead_letters_per_step = 1000;
constexpr std::uint64_t journal_rows_per_step = 10000;

// DDL waits no longer than this for a lock; others queue behind it for no longer than this.
constexpr const char* lock_timeout_sql = "SET lock_timeout = '1s'";
// CREATE INDEX CONCURRENTLY makes nobody wait; it may itself be patient with open transactions.
constexpr const char* patient_lock_timeout_sql = "SET lock_timeout = '60s'";

// A table that was detached in order to drop it says so, so that a crash in between leaves nothing
// behind and a table that a person has detached is left to that person.
constexpr const char* to_be_dropped = "taylordash: detached to be dropped";

// Daily tables: attached, attached but half detached, detached by us.
constexpr const char* days_sql =
    "SELECT c.relname, i.inhrelid IS NOT NULL, coalesce(i.inhdetachpending, false), "
    "coalesce(obj_description(c.oid, 'pg_class') = $1, false) FROM pg_class c "
    "LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'events_mirror'::regclass "
    "WHERE c.relkind = 'r' AND c.relname ~ '^events_mirror_[0-9]{8}$' AND c.relname < $2 "
    "AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = "
    "'events_mirror'::regclass) ORDER BY c.relname";

constexpr const char* mark_sql = "COMMENT ON TABLE {} IS '{}'";
constexpr const char* detach_sql = "ALTER TABLE events_mirror DETACH PARTITION {} CONCURRENTLY";
constexpr const char* finalize_sql = "ALTER TABLE events_mirror DETACH PARTITION {} FINALIZE";
constexpr const char* is_attached_sql =
    "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = '{}'::regclass)";

struct search_index {
  const char* suffix;
  const char* definition;
};
constexpr std::array search_indexes{
    search_index{"kind", "(kind, occurred_at)"},
    search_index{"topic", "(topic, occurred_at)"},
    search_index{"payload", "USING gin (payload jsonb_path_ops)"},
};

// The newest closed day that holds events and lacks a valid one of its indexes.
constexpr const char* unindexed_day_sql =
    "SELECT c.relname FROM pg_class c "
    "JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'events_mirror'::regclass "
    "WHERE NOT i.inhdetachpending AND c.relname ~ '^events_mirror_[0-9]{{8}}$' "
    "AND c.relname < '{}' AND pg_relation_size(c.oid) > 0 "
    "AND (SELECT count(*) FROM pg_index x JOIN pg_class n ON n.oid = x.indexrelid "
    "     WHERE x.indrelid = c.oid AND x.indisvalid "
    "     AND n.relname = ANY (ARRAY[c.relname || '_kind', c.relname || '_topic', "
    "                                c.relname || '_payload'])) < {} "
    "ORDER BY c.relname DESC LIMIT 1";

constexpr const char* index_state_sql =
    "SELECT x.indisvalid FROM pg_index x JOIN pg_class n ON n.oid = x.indexrelid "
    "WHERE x.indrelid = '{}'::regclass AND n.relname = '{}'";

constexpr const char* drop_dead_letters_sql =
    "DELETE FROM dlq_events WHERE delivery_hash IN (SELECT delivery_hash FROM dlq_events "
    "WHERE last_failure < $1 ORDER BY last_failure LIMIT {} FOR UPDATE SKIP LOCKED)";

// The first row that has to stay: an event on a kept day, or the newest of all.
constexpr const char* first_kept_sql =
    "SELECT least((SELECT position FROM mirror_batches "
    "WHERE coalesce(last_occurred_at, committed_at) >= $1 ORDER BY position LIMIT 1), "
    "(SELECT max(position) FROM mirror_batches))";
constexpr const char* prune_sql =
    "DELETE FROM mirror_batches WHERE position IN (SELECT position FROM mirror_batches "
    "WHERE position < $1 ORDER BY position LIMIT {})";

class pg_partition_store final : public partition_store {
 public:
  explicit pg_partition_store(database_options options) : options_{std::move(options)} {}

  result<std::uint32_t> ensure(sys_days first_day, sys_days last_day) override {
    return ensure_partitions(session_, first_day, last_day);
  }

  result<std::uint32_t> drop_before(sys_days first_kept) override {
    const auto leads = lead();
    if (!leads) return leads.error();
    if (!*leads) return 0u;
    auto days = session_.exec(days_sql, {to_be_dropped, partition_name(first_kept)});
    if (!days) return days.error();
    std::uint32_t dropped = 0;
    for (int i = 0; i < days->size(); ++i) {
      const std::string table{days->text(i, 0)};
      const bool attached = days->truth(i, 1);
      if (!attached && !days->truth(i, 3)) continue;
      auto done = attached ? detach(table, days->truth(i, 2)) : ok();
      if (done) done = drop(table);
      if (!done) {
        // Who is in the way of one day is in the way of all; what is done so far counts.
        if (dropped == 0 || done.error().code != errc::database_busy) return done.error();
        break;
      }
      ++dropped;
    }
    return dropped;
  }

  result<std::uint32_t> index_closed(sys_days today) override {
    const auto leads = lead();
    if (!leads) return leads.error();
    if (!*leads) return 0u;
    auto day =
        session_.exec(fmt::format(unindexed_day_sql, partition_name(today), search_indexes.size()));
    if (!day) return day.error();
    if (day->size() == 0) return 0u;
    if (auto r = patience(index_timeout, patient_lock_timeout_sql); !r) return r.error();
    const auto built = index_day(std::string{day->text(0, 0)});
    if (!session_.is_open()) return built;
    if (auto r = patience(options_.statement_timeout, lock_timeout_sql); !r) return r.error();
    return built;
  }

  result<std::uint64_t> drop_dead_letters_before(timestamp t) override {
    return in_steps(fmt::format(drop_dead_letters_sql, dead_letters_per_step), to_rfc3339(t));
  }

  result<std::uint64_t> prune_journal(sys_days first_kept) override {
    auto first = session_.exec(first_kept_sql, {to_rfc3339(first_kept)});
    if (!first) return first.error();
    if (first->is_null(0, 0)) return std::uint64_t{0};
    return in_steps(fmt::format(prune_sql, journal_rows_per_step), std::string{first->text(0, 0)});
  }

  result<timestamp> now() override {
    auto r = session_.exec("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
    if (!r) return r.error();
    return timestamp{std::chrono::microseconds{r->number(0, 0)}};
  }

  result<bool> lead() override {
    if (leads_ && session_.is_open()) return true;
    auto r = session_.exec("SELECT " + lock_call("pg_try_advisory_lock", lock_class::maintenance));
    if (!r) return r.error();
    leads_ = r->truth(0, 0);
    return leads_;
  }

  result<void> reconnect() override {
    leads_ = false;
    session_.close();
    auto s = pg::session::open(options_);
    if (!s) return s.error();
    session_ = std::move(*s);
    return run(lock_timeout_sql);
  }

 private:
  result<void> run(const std::string& sql) {
    if (auto r = session_.exec(sql); !r) return r.error();
    return ok();
  }

  result<void> patience(std::chrono::milliseconds statement_timeout, const char* lock_timeout) {
    if (auto r = session_.set_statement_timeout(statement_timeout); !r) return r;
    return run(lock_timeout);
  }

  /// Waits for readers of the mirror, but makes nobody wait. A time-out leaves the day half
  /// detached: invisible, and to be finished by FINALIZE.
  result<void> detach(const std::string& table, bool pending) {
    if (auto r = run(fmt::format(mark_sql, table, to_be_dropped)); !r) return r;
    for (int attempt = 1;; ++attempt) {
      auto r = run(pending ? fmt::format(finalize_sql, table) : fmt::format(detach_sql, table));
      if (r || r.error().code != errc::database_busy || attempt == detach_attempts) return r;
      auto still = session_.exec(fmt::format(
          "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = '{}'::regclass", table));
      if (!still) return still.error();
      if (still->size() == 0) return ok();
      pending = still->truth(0, 0);
    }
  }

  /// Unless somebody has attached it again meanwhile; that is looked at behind the lock that
  /// makers of partitions hold.
  result<void> drop(const std::string& table) {
    auto attached = session_.exec("BEGIN; SELECT " +
                                  lock_call("pg_advisory_xact_lock", lock_class::partitions) +
                                  "; " + fmt::format(is_attached_sql, table));
    if (attached && !attached->truth(0, 0)) {
      if (auto r = run("DROP TABLE " + table + "; COMMIT"); r)
        return r;
      else
        attached = r.error();
    }
    if (session_.is_open()) {
      if (auto r = run("ROLLBACK"); !r) return r;
    }
    if (!attached) return attached.error();
    return failure{errc::database_busy, table + " was attached again"};
  }

  result<std::uint32_t> index_day(const std::string& table) {
    std::uint32_t built = 0;
    for (const auto& index : search_indexes) {
      const auto name = table + "_" + index.suffix;
      auto state = session_.exec(fmt::format(index_state_sql, table, name));
      if (!state) return state.error();
      if (state->size() > 0 && state->truth(0, 0)) continue;
      if (state->size() > 0) {  // a build that did not end: of no use, and in the way
        if (auto r = run("DROP INDEX CONCURRENTLY " + name); !r) return r.error();
      }
      if (auto r = run(
              fmt::format("CREATE INDEX CONCURRENTLY {} ON {} {}", name, table, index.definition));
          !r) {
        return r.error();
      }
      ++built;
    }
    return built;
  }

  /// Repeats a DELETE with a LIMIT until nothing is left.
  result<std::uint64_t> in_steps(const std::string& sql, const std::string& bound) {
    std::uint64_t total = 0;
    for (;;) {
      auto r = session_.exec(sql, {bound});
      if (!r) return r.error();
      if (r->affected() == 0) return total;
      total += r->affected();
    }
  }

  database_options options_;
  pg::session session_;
  bool leads_{};
};

}  // namespace

result<std::unique_ptr<partition_store>> open_partition_store(const database_options& options) {
  auto store = std::make_unique<pg_partition_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<partition_store>{std::move(store)};
}

}  // namespace td
