// Settings of the server that decide whether "committed" means "on disk".

#include "doctor/codes.hpp"
#include "doctor/database_judge.hpp"
#include "doctor/words.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace td {

namespace {

/// How a setting is put right, which depends on where it was put wrong.
struct cure {
  std::string line{};
  std::string where{};
};

cure cure_of(const server_setting& s, std::string_view value, const database_survey& found) {
  const auto role = words::sql_name(found.role);
  const auto database = words::sql_name(found.database);
  const bool restart = s.name == "data_sync_retry";  // the others are taken over by a reload
  const char* in_force =
      restart ? ", then restart the PostgreSQL server" : ", then: SELECT pg_reload_conf();";
  constexpr const char* managed = "; at a managed server: in your provider's parameter group";
  if (s.source == "global")
    return {fmt::format("ALTER ROLE ALL RESET {};", s.name), "psql, then restart the service"};
  if (s.source == "user")
    return {fmt::format("ALTER ROLE {} RESET {};", role, s.name), "psql, then restart the service"};
  if (s.source == "database") {
    return {fmt::format("ALTER DATABASE {} RESET {};", database, s.name),
            "psql, then restart the service"};
  }
  if (s.source == "database user") {
    return {fmt::format("ALTER ROLE {} IN DATABASE {} RESET {};", role, database, s.name),
            "psql, then restart the service"};
  }
  if (s.source == "client") {
    return {fmt::format("take {} out of `options`", s.name),
            "database.url of the service (or PGOPTIONS)"};
  }
  if (s.source == "command line") {
    return {fmt::format("take {0} out of the command line (-c {0}=...)", s.name),
            "whatever starts the PostgreSQL server"};
  }
  const bool by_alter_system = s.file.ends_with("/postgresql.auto.conf");
  if (!s.file.empty() && !by_alter_system) {
    return {fmt::format("{} = {}", s.name, value),
            fmt::format("{}:{}{}", s.file, s.line, in_force)};
  }
  const auto line = by_alter_system ? fmt::format("ALTER SYSTEM RESET {};", s.name)
                                    : fmt::format("ALTER SYSTEM SET {} = {};", s.name, value);
  return {restart ? line : line + " SELECT pg_reload_conf();",
          fmt::format("psql, as superuser{}{}", restart ? in_force : "", managed)};
}

/// A setting that has to be `on`.
finding must_be_on(const database_survey& found, std::string_view code, std::string_view name,
                   std::string_view else_what) {
  const auto* s = found.setting(name);
  if (s == nullptr)
    return make_finding(code, severity::note, fmt::format("{} can't be seen here", name));
  if (s->value == "on") return make_finding(code, severity::ok, fmt::format("{} is on", name));
  const auto mend = cure_of(*s, "on", found);
  return make_finding(code, severity::danger,
                      fmt::format("{} is {}: {}", name, s->value, else_what), mend.line,
                      mend.where);
}

finding judge_synchronous_commit(const database_survey& found) {
  constexpr const char* code = "database_synchronous_commit";
  const auto* s = found.setting("synchronous_commit");
  if (s == nullptr || s->value == "off")
    return must_be_on(
        found, code, "synchronous_commit",
        "an event is acknowledged before it is on disk; a crash of the database loses "
        "up to 0.6 s of acknowledged events");
  const auto* standbys = found.setting("synchronous_standby_names");
  const bool has_standbys = standbys != nullptr && !standbys->value.empty();
  if (s->value == "on" || s->value == "remote_apply" || !has_standbys) {
    return make_finding(code, severity::ok,
                        fmt::format("synchronous_commit is {}{}", s->value,
                                    has_standbys ? ", and a synchronous standby is named" : ""));
  }
  const auto mend = cure_of(*s, "on", found);
  return make_finding(code, severity::note,
                      fmt::format("synchronous_commit is {}: an acknowledged event is on this "
                                  "server's disk, and not surely on the standby's ({})",
                                  s->value, standbys->value),
                      mend.line, mend.where);
}

finding judge_hidden_damage(const database_survey& found) {
  constexpr const char* code = "database_damage_hidden";
  for (const auto& [name, what] :
       {std::pair{"zero_damaged_pages", "damaged pages are emptied instead of reported"},
        std::pair{"data_sync_retry",
                  "a failed fsync is tried again, though the kernel may have "
                  "thrown the data away"}}) {
    const auto* s = found.setting(name);
    if (s == nullptr || s->value == "off") continue;
    const auto mend = cure_of(*s, "off", found);
    return make_finding(code, severity::danger, fmt::format("{} is {}: {}", name, s->value, what),
                        mend.line, mend.where);
  }
  return make_finding(code, severity::ok, "no setting hides damage");
}

finding judge_checksums(const database_survey& found) {
  constexpr const char* code = "database_checksums";
  const auto* s = found.setting("data_checksums");
  if (s != nullptr && s->value == "on")
    return make_finding(code, severity::ok, "data_checksums are on");
  return make_finding(code, severity::note,
                      "data_checksums are off: damage on the disk is only noticed by chance",
                      "pg_checksums --enable -D DATA_DIRECTORY",
                      "as the server's user, while the server is stopped");
}

finding judge_archiver(const database_survey& found) {
  constexpr const char* code = "database_archiver";
  const auto* s = found.setting("archive_mode");
  if (s == nullptr || s->value == "off") {
    return make_finding(code, severity::note,
                        "archive_mode is off: a lost disk loses every event since the last backup",
                        "", "");
  }
  if (!found.archiver_fails)
    return make_finding(code, severity::ok, fmt::format("archive_mode is {}", s->value));
  return make_finding(code, severity::warning,
                      fmt::format("archiving fails at {}: WAL piles up until the disk is full",
                                  found.archiver_file),
                      "SELECT * FROM pg_stat_archiver;",
                      "psql; the server's log says why archive_command or archive_library failed");
}

finding judge_writable(const database_survey& found) {
  constexpr const char* code = "database_read_only";
  const auto* s = found.setting("default_transaction_read_only");
  if (s == nullptr || s->value == "off")
    return make_finding(code, severity::ok, "the database takes writes");
  const auto mend = cure_of(*s, "off", found);
  return make_finding(code, severity::danger,
                      "default_transaction_read_only is on: nothing can be stored", mend.line,
                      mend.where);
}

finding judge_unlogged(const database_survey& found) {
  constexpr const char* code = "database_unlogged";
  if (found.unlogged.empty())
    return make_finding(code, severity::ok, "no table of the product is unlogged");
  std::string lines;
  for (const auto& table : found.unlogged) {
    lines += fmt::format("{}ALTER TABLE {} SET LOGGED;", lines.empty() ? "" : "\n",
                         words::sql_name(table));
  }
  return make_finding(code, severity::danger,
                      fmt::format("{} is unlogged: a crash of the database empties it",
                                  words::listed(found.unlogged, 5)),
                      lines, "psql, as the owner; it rewrites the table");
}

}  // namespace

std::vector<finding> judge_durability(const database_survey& found) {
  return {judge_writable(found),
          must_be_on(found, "database_fsync", "fsync",
                     "commits need not reach the disk; a crash of the machine loses acknowledged "
                     "events or ruins the whole database"),
          judge_synchronous_commit(found),
          must_be_on(found, "database_full_page_writes", "full_page_writes",
                     "a crash of the machine can leave half-written pages that nothing mends"),
          judge_hidden_damage(found),
          judge_unlogged(found),
          judge_checksums(found),
          judge_archiver(found)};
}

}  // namespace td
