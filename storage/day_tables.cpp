#include "storage/day_tables.hpp"

#include <fmt/format.h>

#include "storage/locks.hpp"
#include "storage/partitions.hpp"

namespace td {
namespace {

using std::chrono::sys_days;

constexpr int detach_attempts = 3;

// A table that was detached in order to drop it says so, so that a crash in between leaves nothing
// behind and a table that a person has detached is left to that person.
constexpr const char* to_be_dropped = "taylordash: detached to be dropped";

constexpr const char* tables_sql =
    "SELECT c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') - date '1970-01-01', "
    "i.inhrelid IS NOT NULL, coalesce(i.inhdetachpending, false), "
    "coalesce(obj_description(c.oid, 'pg_class') = $1, false) FROM pg_class c "
    "LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'events_mirror'::regclass "
    "WHERE c.relkind = 'r' AND c.relname ~ '^events_mirror_[0-9]{8}$' AND c.relname >= $2 "
    "AND c.relname < $3 AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = "
    "'events_mirror'::regclass) ORDER BY c.relname";

constexpr const char* mark_sql = "COMMENT ON TABLE {} IS '{}'";
constexpr const char* detach_sql = "ALTER TABLE events_mirror DETACH PARTITION {} CONCURRENTLY";
constexpr const char* finalize_sql = "ALTER TABLE events_mirror DETACH PARTITION {} FINALIZE";
constexpr const char* is_attached_sql =
    "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = '{}'::regclass)";
constexpr const char* is_pending_sql =
    "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = '{}'::regclass";

result<void> run(pg::session& session, const std::string& sql) {
  if (auto r = session.exec(sql); !r) return r.error();
  return ok();
}

/// A time-out leaves the day half detached: invisible, and to be finished by FINALIZE.
result<void> detach(pg::session& session, const std::string& table, bool pending) {
  if (auto r = run(session, fmt::format(mark_sql, table, to_be_dropped)); !r) return r;
  for (int attempt = 1;; ++attempt) {
    auto r = run(session, fmt::format(fmt::runtime(pending ? finalize_sql : detach_sql), table));
    if (r || r.error().code != errc::database_busy || attempt == detach_attempts) return r;
    auto still = session.exec(fmt::format(is_pending_sql, table));
    if (!still) return still.error();
    if (still->size() == 0) return ok();
    pending = still->truth(0, 0);
  }
}

/// Unless somebody has attached it again meanwhile; that is looked at behind the lock that makers
/// of partitions hold.
result<void> drop(pg::session& session, const std::string& table) {
  auto attached =
      session.exec("BEGIN; SELECT " + lock_call("pg_advisory_xact_lock", lock_class::partitions) +
                   "; " + fmt::format(is_attached_sql, table));
  if (attached && !attached->truth(0, 0)) {
    if (auto r = run(session, "DROP TABLE " + table + "; COMMIT"); r)
      return r;
    else
      attached = r.error();
  }
  if (session.is_open()) {
    if (auto r = run(session, "ROLLBACK"); !r) return r;
  }
  if (!attached) return attached.error();
  return failure{errc::database_busy, table + " was attached again"};
}

}  // namespace

result<std::vector<day_table>> day_tables(pg::session& session, sys_days first, sys_days last) {
  auto r = session.exec(tables_sql, {to_be_dropped, partition_name(first), partition_name(last)});
  if (!r) return r.error();
  std::vector<day_table> all;
  for (int i = 0; i < r->size(); ++i) {
    all.push_back({.name = std::string{r->text(i, 0)},
                   .day = sys_days{std::chrono::days{r->number(i, 1)}},
                   .attached = r->truth(i, 2),
                   .half_detached = r->truth(i, 3),
                   .to_be_dropped = r->truth(i, 4)});
  }
  return all;
}

result<bool> drop_day(pg::session& session, const day_table& table) {
  if (!table.attached && !table.to_be_dropped) return false;
  if (table.attached) {
    if (auto r = detach(session, table.name, table.half_detached); !r) return r.error();
  }
  if (auto r = drop(session, table.name); !r) return r.error();
  return true;
}

}  // namespace td
