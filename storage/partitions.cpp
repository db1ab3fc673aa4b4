#include "storage/partitions.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "pipeline/log.hpp"
#include "storage/locks.hpp"

namespace td {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

// Each partition takes half a dozen entries of the server's lock table until COMMIT.
constexpr std::size_t per_transaction = 30;
constexpr int lock_attempts = 3;

std::string midnight(sys_days day) {
  const year_month_day d{day};
  return fmt::format("{:04}-{:02}-{:02} 00:00:00+00", static_cast<int>(d.year()),
                     static_cast<unsigned>(d.month()), static_cast<unsigned>(d.day()));
}

// ATTACH takes SHARE UPDATE EXCLUSIVE on the parent, which goes with readers and writers. Nobody
// else sees the new table before COMMIT, and it is empty, so its scan costs nothing: no CHECK is
// needed, which every event of the day would pay for.
constexpr const char* create_sql = "CREATE TABLE {0} (LIKE events_mirror INCLUDING ALL); ";
constexpr const char* attach_sql =
    "ALTER TABLE events_mirror ATTACH PARTITION {0} FOR VALUES FROM ('{1}') TO ('{2}'); "
    "COMMENT ON TABLE {0} IS NULL; ";

// Whether each table of these names is attached.
constexpr const char* known_sql =
    "SELECT c.relname, i.inhrelid IS NOT NULL FROM pg_class c "
    "LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'events_mirror'::regclass "
    "WHERE c.relname = ANY ('{{{0}}}') AND c.relnamespace = "
    "(SELECT relnamespace FROM pg_class WHERE oid = 'events_mirror'::regclass)";

std::string names_of(std::span<const sys_days> wanted) {
  std::string names;
  for (const auto day : wanted)
    names += (names.empty() ? "" : ",") + partition_name(day);
  return names;
}

result<std::uint32_t> ensure_some(pg::session& session, std::span<const sys_days> wanted) {
  const auto open = "BEGIN; SET LOCAL lock_timeout = '1s'; SELECT " +
                    lock_call("pg_advisory_xact_lock", lock_class::partitions) + "; ";
  auto known = session.exec(open + fmt::format(known_sql, names_of(wanted)));
  if (!known) return known.error();
  std::map<std::string, bool, std::less<>> attached;
  for (int i = 0; i < known->size(); ++i)
    attached.emplace(known->text(i, 0), known->truth(i, 1));

  std::string script;
  std::uint32_t made = 0;
  for (const auto day : wanted) {
    const auto name = partition_name(day);
    const auto there = attached.find(name);
    if (there != attached.end() && there->second) continue;
    if (there == attached.end()) {
      script += fmt::format(create_sql, name);
    } else {
      log_warning("detached partition attached again", {kv("table", name)});
    }
    script += fmt::format(attach_sql, name, midnight(day), midnight(day + days{1}));
    ++made;
  }
  if (auto done = session.exec(script + "COMMIT"); !done) return done.error();
  return made;
}

/// Again when a lock was not to be had; leaves no transaction open.
result<std::uint32_t> ensure_patiently(pg::session& session, std::span<const sys_days> wanted) {
  for (int attempt = 1;; ++attempt) {
    auto made = ensure_some(session, wanted);
    if (made || !session.is_open()) return made;
    if (auto back = session.exec("ROLLBACK"); !back) return back.error();
    const auto code = made.error().code;
    const bool passing = code == errc::database_busy || code == errc::database_conflict;
    if (!passing || attempt == lock_attempts) return made;
  }
}

}  // namespace

std::string partition_name(sys_days day) {
  const year_month_day d{day};
  return fmt::format("events_mirror_{:04}{:02}{:02}", static_cast<int>(d.year()),
                     static_cast<unsigned>(d.month()), static_cast<unsigned>(d.day()));
}

result<std::uint32_t> ensure_partitions(pg::session& session, std::span<const sys_days> wanted) {
  std::uint32_t total = 0;
  while (!wanted.empty()) {
    const auto n = std::min(per_transaction, wanted.size());
    const auto made = ensure_patiently(session, wanted.first(n));
    if (!made) return made;
    total += *made;
    wanted = wanted.subspan(n);
  }
  return total;
}

result<std::uint32_t> ensure_partitions(pg::session& session, sys_days first, sys_days last) {
  std::vector<sys_days> wanted;
  for (auto day = first; day <= last; day += days{1})
    wanted.push_back(day);
  return ensure_partitions(session, wanted);
}

}  // namespace td
