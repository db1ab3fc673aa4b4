#include <chrono>

#include <fmt/format.h>

#include "storage/locks.hpp"
#include "storage/migrations.hpp"
#include "storage/partitions.hpp"
#include "storage/pg.hpp"
#include "storage/schema_store.hpp"
#include "storage/sha256.hpp"
#include "storage/stores.hpp"

namespace td {

namespace {

// A migration may rewrite tables; other nodes wait for its lock meanwhile.
constexpr std::chrono::minutes migration_timeout{10};

constexpr const char* create_table_sql =
    "CREATE TABLE schema_migrations ("
    "number integer PRIMARY KEY CHECK (number > 0), name text NOT NULL, checksum text NOT NULL, "
    "applied_at timestamptz NOT NULL)";

std::string checksum_of(const migration& m) {
  return to_hex(sha256_of(m.text));
}

failure named(failure why, const migration& m) {
  why.detail = fmt::format("migration {}: {}", m.name, why.detail);
  // A migration has no event that could be dead-lettered.
  if (disposition_of(why.code) == disposition::dead_letter) why.code = errc::internal;
  return why;
}

/// One transaction: looks, and applies the next one. False when there is none. Everything is read
/// behind the lock, so whoever waited sees what the one before has done.
result<bool> apply_next(pg::session& session) {
  auto there =
      session.exec("BEGIN; SELECT " + lock_call("pg_advisory_xact_lock", lock_class::migrate) +
                   "; SELECT to_regclass('schema_migrations') IS NOT NULL");
  if (!there) return there.error();
  if (!there->truth(0, 0)) {
    if (auto made = session.exec(create_table_sql); !made) return made.error();
  }
  auto applied = session.exec(applied_migrations_sql);
  if (!applied) return applied.error();
  const auto count = count_applied(*applied);
  if (!count) return count.error();
  if (*count == migrations().size()) {
    if (auto done = session.exec("COMMIT"); !done) return done.error();
    return false;
  }
  const auto& next = migrations()[*count];
  if (auto run = session.exec(std::string{next.text}); !run) return named(run.error(), next);
  if (auto noted =
          session.exec("INSERT INTO schema_migrations VALUES ($1, $2, $3, now())",
                       {std::to_string(next.number), std::string{next.name}, checksum_of(next)});
      !noted) {
    return named(noted.error(), next);
  }
  if (auto done = session.exec("COMMIT"); !done) return named(done.error(), next);
  return true;
}

}  // namespace

result<std::size_t> count_applied(const pg::rows& applied) {
  const auto ours = migrations();
  for (int i = 0; i < applied.size(); ++i) {
    const auto number = applied.number(i, 0);
    if (number > static_cast<std::int64_t>(ours.size())) {
      return failure{errc::schema_too_new,
                     fmt::format("the database has migration {} ({}), this program knows {}",
                                 number, applied.text(i, 1), ours.size())};
    }
    const auto& mine = ours[static_cast<std::size_t>(i)];
    if (number != mine.number) {
      return failure{errc::migration_changed,
                     fmt::format("migration {} ({}) is missing from the database, but a later one "
                                 "is there",
                                 mine.number, mine.name)};
    }
    if (applied.text(i, 2) != checksum_of(mine)) {
      return failure{
          errc::migration_changed,
          fmt::format("migration {} was applied with another text than this program's", mine.name)};
    }
  }
  return static_cast<std::size_t>(applied.size());
}

result<std::uint32_t> migrate(const database_options& options, const partition_window& window) {
  auto session = pg::session::open(options);
  if (!session) return session.error();
  if (auto r = session->set_statement_timeout(migration_timeout); !r) return r.error();
  std::uint32_t applied = 0;
  for (;;) {
    const auto more = apply_next(*session);
    if (!more) return more.error();
    if (!*more) break;
    ++applied;
  }
  if (const auto shipped = ship_schemas(*session); !shipped) return shipped.error();
  const auto today = std::chrono::floor<std::chrono::days>(now());
  const auto made = ensure_partitions(*session, today - std::chrono::days{window.retention_days},
                                      today + std::chrono::days{window.days_ahead});
  if (!made) return made.error();
  return applied;
}

}  // namespace td
