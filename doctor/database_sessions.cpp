// Who else is at the database, and what they hold up.

#include "doctor/codes.hpp"
#include "doctor/database_judge.hpp"
#include "doctor/words.hpp"

#include <fmt/format.h>

namespace td {

namespace {

constexpr std::chrono::hours long_hold{1};

std::string described(const held_session& s) {
  auto text = fmt::format("pid {} of {}", s.pid, s.user.empty() ? "somebody" : s.user);
  if (!s.application.empty()) text += fmt::format(" ({})", s.application);
  return text;
}

std::string ended_by(const std::vector<held_session>& all) {
  std::string lines;
  for (const auto& s : all)
    lines += fmt::format("{}SELECT pg_terminate_backend({});", lines.empty() ? "" : "\n", s.pid);
  return lines;
}

finding judge_idle(const database_survey& found) {
  constexpr const char* code = "database_idle_in_transaction";
  const auto& all = found.idle_in_transaction;
  if (all.empty()) {
    if (found.sees_all_sessions)
      return make_finding(code, severity::ok, "nobody sits in an open transaction");
    return make_finding(code, severity::note,
                        fmt::format("whether other roles sit in an open transaction can't be seen "
                                    "by role {}",
                                    found.role),
                        fmt::format("GRANT pg_read_all_stats TO {};", words::sql_name(found.role)),
                        "psql, as superuser; it shows, and lets change nothing");
  }
  const auto& first = all.front();
  return make_finding(
      code, severity::warning,
      fmt::format("{} has sat idle in a transaction for {}{}: it can block partitions and "
                  "retention, and nothing it can see is cleaned up",
                  described(first), words::duration(first.age),
                  all.size() > 1 ? fmt::format(", and {} more", all.size() - 1) : ""),
      ended_by(all), "psql, as that role or superuser");
}

finding judge_idle_timeout(const database_survey& found) {
  constexpr const char* code = "database_idle_timeout";
  const auto* s = found.setting("idle_in_transaction_session_timeout");
  if (s == nullptr || s->value != "0") {
    return make_finding(
        code, severity::ok,
        fmt::format("idle_in_transaction_session_timeout is {} ms", s == nullptr ? "?" : s->value));
  }
  return make_finding(code, severity::note,
                      "nothing ends a session of others that sits in a transaction for ever "
                      "(idle_in_transaction_session_timeout is 0; the service sets its own)",
                      "ALTER SYSTEM SET idle_in_transaction_session_timeout = '10min'; SELECT "
                      "pg_reload_conf();",
                      "psql, as superuser");
}

finding judge_long(const database_survey& found) {
  constexpr const char* code = "database_long_running";
  const auto& all = found.long_running;
  if (all.empty()) return make_finding(code, severity::ok, "no transaction has run for long");
  const auto& first = all.front();
  return make_finding(
      code, first.age >= long_hold ? severity::warning : severity::note,
      fmt::format("{} has been in one transaction for {}: nothing it can see is cleaned "
                  "up, and retention may wait for it",
                  described(first), words::duration(first.age)),
      ended_by(all),
      "psql, unless it is a backup that may take its time; what it does: SELECT query FROM "
      "pg_stat_activity WHERE pid = ...");
}

finding judge_prepared(const database_survey& found) {
  constexpr const char* code = "database_prepared";
  if (found.prepared.empty())
    return make_finding(code, severity::ok, "no prepared transaction was forgotten");
  const auto& first = found.prepared.front();
  return make_finding(code, severity::warning,
                      fmt::format("the prepared transaction {} has waited for {}: it holds its "
                                  "locks, and nothing it can see is cleaned up",
                                  first.name, words::duration(first.age)),
                      fmt::format("ROLLBACK PREPARED {};", words::sql_text(first.name)),
                      "psql, or COMMIT PREPARED, as whoever made it decides");
}

finding judge_connections(const database_survey& found, const database_needs& needs) {
  constexpr const char* code = "database_connections";
  const auto role = words::sql_name(found.role);
  for (const auto& [limit, name, line] :
       {std::tuple{found.role_limit, "role " + found.role,
                   fmt::format("ALTER ROLE {} CONNECTION LIMIT {};", role, 4 * needs.connections)},
        std::tuple{found.database_limit, "database " + found.database,
                   fmt::format("ALTER DATABASE {} CONNECTION LIMIT {};",
                               words::sql_name(found.database), 4 * needs.connections)}}) {
    if (!limit || *limit >= needs.connections) continue;
    return make_finding(code, severity::danger,
                        fmt::format("{} is limited to {} connections, and a node needs {}", name,
                                    *limit, needs.connections),
                        line, "psql, as superuser");
  }
  const auto left = found.max_connections - found.used_connections;
  const auto wanted = needs.running ? 2 : needs.connections;
  if (left >= wanted) {
    return make_finding(code, severity::ok,
                        fmt::format("{} of {} connections are free, a node needs {}", left,
                                    found.max_connections, needs.connections));
  }
  return make_finding(code, severity::warning,
                      fmt::format("{} of {} connections are in use, and a node needs {}",
                                  found.used_connections, found.max_connections, needs.connections),
                      fmt::format("ALTER SYSTEM SET max_connections = {};",
                                  2 * (found.used_connections + needs.connections)),
                      "psql, as superuser, then restart the PostgreSQL server");
}

finding judge_pooler(const database_survey& found) {
  constexpr const char* code = "database_pooler";
  if (!found.pooled)
    return make_finding(code, severity::ok, "no pooler stands between us and the server");
  return make_finding(
      code, severity::warning,
      "a pooler stands in between; in transaction or statement mode the leases of "
      "the lanes break, and nothing is read",
      "database.url = \"postgresql://...\"",
      "the service's settings: the server's own address, or a pool in session mode");
}

finding judge_autovacuum(const database_survey& found) {
  constexpr const char* code = "database_autovacuum";
  for (const auto* name : {"autovacuum", "track_counts"}) {
    const auto* s = found.setting(name);
    if (s == nullptr || s->value == "on") continue;
    return make_finding(code, severity::warning,
                        fmt::format("{} is {}: dead rows and old transaction ids are not cleaned "
                                    "up; tables grow, and at last the server stops taking writes",
                                    name, s->value),
                        fmt::format("ALTER SYSTEM SET {} = on; SELECT pg_reload_conf();", name),
                        "psql, as superuser");
  }
  return make_finding(code, severity::ok, "autovacuum is on");
}

}  // namespace

std::vector<finding> judge_sessions(const database_survey& found, const database_needs& needs) {
  return {judge_connections(found, needs), judge_pooler(found), judge_idle(found),
          judge_idle_timeout(found),       judge_long(found),   judge_prepared(found),
          judge_autovacuum(found)};
}

}  // namespace td
