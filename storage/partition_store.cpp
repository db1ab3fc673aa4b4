#include <algorithm>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "storage/day_tables.hpp"
#include "storage/journal_minutes.hpp"
#include "storage/locks.hpp"
#include "storage/partitions.hpp"
#include "storage/pg.hpp"
#include "storage/retention_sql.hpp"
#include "storage/retention_work.hpp"
#include "storage/stores.hpp"

namespace td {

namespace {

using std::chrono::sys_days;

constexpr std::chrono::hours index_timeout{6};  // a day of a billion events
constexpr std::int64_t journal_rows_per_step = 10000;

// DDL waits no longer than this for a lock; others queue behind it for no longer than this.
constexpr const char* lock_timeout_sql = "SET lock_timeout = '1s'";
// CREATE INDEX CONCURRENTLY makes nobody wait; it may itself be patient with open transactions.
constexpr const char* patient_lock_timeout_sql = "SET lock_timeout = '60s'";

// The newest closed day that holds events and lacks a valid one of its indexes.
constexpr const char* unindexed_day_sql =
    "SELECT c.relname FROM pg_class c "
    "JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'events_mirror'::regclass "
    "WHERE NOT i.inhdetachpending AND c.relname ~ '^events_mirror_[0-9]{{8}}$' "
    "AND c.relname < '{}' AND pg_relation_size(c.oid) > 0 "
    "AND (SELECT count(*) FROM pg_index x JOIN pg_class n ON n.oid = x.indexrelid "
    "     WHERE x.indrelid = c.oid AND x.indisvalid "
    "     AND starts_with(n.relname, c.relname || '_') "
    "     AND right(n.relname, -length(c.relname) - 1) = ANY ('{{{}}}')) < {} "
    "ORDER BY c.relname DESC LIMIT 1";

constexpr const char* index_state_sql =
    "SELECT x.indisvalid FROM pg_index x JOIN pg_class n ON n.oid = x.indexrelid "
    "WHERE x.indrelid = '{}'::regclass AND n.relname = '{}'";

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

  result<retention_rules> rules(const retention_defaults& defaults) override {
    auto noted = session_.exec(
        retention_sql::note_defaults,
        {std::to_string(defaults.events.count()), std::to_string(defaults.dead_letters.count())});
    if (!noted) return noted.error();
    auto policies = load_policies(session_);
    if (!policies) return policies.error();
    return retention_rules{defaults, *std::move(policies)};
  }

  result<retention_plan> plan_retention(const retention_rules& rules, sys_days today,
                                        timestamp now) override {
    if (auto r = patience(index_timeout, lock_timeout_sql); !r) return r.error();
    auto plan = retention_work{session_, rules, today, now}.plan();
    if (auto r = impatience(); !r) return r.error();
    return plan;
  }

  result<retention_run> apply_retention(const retention_rules& rules, sys_days today, timestamp now,
                                        std::string_view actor) override {
    const auto leads = lead();
    if (!leads) return leads.error();
    if (!*leads) return retention_run{};
    if (auto r = patience(index_timeout, lock_timeout_sql); !r) return r.error();
    auto run = retention_work{session_, rules, today, now}.apply(actor);
    if (auto r = impatience(); !r) return r.error();
    return run;
  }

  result<std::uint32_t> index_closed(sys_days today) override {
    const auto leads = lead();
    if (!leads) return leads.error();
    if (!*leads) return 0u;
    auto day = session_.exec(fmt::format(unindexed_day_sql, partition_name(today), suffixes(),
                                         std::size(search_indexes)));
    if (!day) return day.error();
    if (day->size() == 0) return 0u;
    if (auto r = patience(index_timeout, patient_lock_timeout_sql); !r) return r.error();
    const auto built = index_day(std::string{day->text(0, 0)});
    if (auto r = impatience(); !r) return r.error();
    return built;
  }

  result<std::uint64_t> prune_journal(sys_days first_kept) override {
    for (;;) {
      const auto more = sum_up_journal(session_, journal_rows_per_step);
      if (!more) return more.error();
      if (*more == 0) break;
    }
    // Policies keep days for longer than the settings say.
    const auto kept = day_tables(session_, std::chrono::year{1} / 1 / 1, first_kept);
    if (!kept) return kept.error();
    const auto oldest =
        std::find_if(kept->begin(), kept->end(), [](const auto& d) { return d.attached; });
    if (oldest != kept->end()) first_kept = oldest->day;
    auto first = session_.exec(first_kept_sql, {to_rfc3339(first_kept)});
    if (!first) return first.error();
    if (first->is_null(0, 0)) return std::uint64_t{0};
    return in_steps(fmt::format(prune_sql, journal_rows_per_step), std::string{first->text(0, 0)});
  }

  result<timestamp> now() override {
    auto r = session_.exec("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
    if (!r) return r.error();
    return r->time(0, 0);
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
    if (auto r = session_.reopen(options_); !r) return r;
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

  /// Back to what other work has. A connection that was lost has nothing to go back to.
  result<void> impatience() {
    if (!session_.is_open()) return ok();
    return patience(options_.statement_timeout, lock_timeout_sql);
  }

  static std::string suffixes() {
    std::string all;
    for (const auto& index : search_indexes)
      all += (all.empty() ? "" : ",") + std::string{index.suffix};
    return all;
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
    // Nothing more is expected to change much here, and autovacuum may be days away.
    if (auto r = run("ANALYZE " + table); !r) return r.error();
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
