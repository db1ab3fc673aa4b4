// Version, schema, and what the role may do.

#include "doctor/codes.hpp"
#include "doctor/database_judge.hpp"
#include "doctor/words.hpp"

#include <fmt/format.h>

namespace td {

namespace {

constexpr int tested_major = 15;

finding judge_version(const database_survey& found) {
  constexpr const char* code = "database_version";
  const auto version = words::postgres_version(found.server_version);
  const int major = found.server_version / 10'000;
  // 14.4 release notes: CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY could miss rows.
  if (major == 14 && found.server_version < 140'004) {
    return make_finding(
        code, severity::warning,
        fmt::format("PostgreSQL {} can build damaged indexes (mended in 14.4)", version),
        "apt-get install postgresql-14",
        "as root on the database's machine, then REINDEX what was built "
        "concurrently");
  }
  if (major == tested_major)
    return make_finding(code, severity::ok, fmt::format("PostgreSQL {}", version));
  return make_finding(
      code, severity::note,
      fmt::format("PostgreSQL {}: the product is tested with {}", version, tested_major));
}

finding judge_schema(const database_survey& found) {
  constexpr const char* code = "database_schema";
  constexpr const char* migrate = "taylordash migrate --config taylordash.toml";
  if (found.migrations_trouble) {
    const auto& why = *found.migrations_trouble;
    if (why.code == errc::schema_too_new) {
      return make_finding(code, severity::danger,
                          why.detail + ": a service of this program refuses to start",
                          "install the program that migrated the database",
                          "this machine; `taylordash --version` there tells which it is");
    }
    return make_finding(code, severity::danger,
                        fmt::format("the schema can't be judged: {}", to_string(why)), migrate,
                        "a shell; its message says more");
  }
  if (!found.migrations_applied)
    return make_finding(code, severity::note, "the schema's version can't be seen here");
  const auto applied = *found.migrations_applied;
  if (applied == found.migrations_known) {
    return make_finding(code, severity::ok,
                        fmt::format("the schema is up to date ({} migrations)", applied));
  }
  // A service migrates when it starts; so this is one that has not been restarted, or none yet.
  return make_finding(code, severity::warning,
                      applied == 0
                          ? std::string{"the database has no schema yet"}
                          : fmt::format("the schema is behind: {} of {} migrations are applied",
                                        applied, found.migrations_known),
                      migrate, "a shell, before the next start of a service");
}

finding judge_rights(const database_survey& found) {
  constexpr const char* code = "database_rights";
  const auto role = words::sql_name(found.role);
  if (!found.missing_rights.empty()) {
    std::string what;
    std::string mend;
    for (const auto& m : found.missing_rights) {
      what += fmt::format("{}{} on {}", what.empty() ? "" : "; ", m.rights, m.object);
      mend += fmt::format("{}GRANT {} ON {} TO {};", mend.empty() ? "" : "\n", m.rights, m.object,
                          role);
    }
    return make_finding(
        code, severity::danger,
        fmt::format("role {} lacks {}: what needs it fails", found.role, what), mend,
        fmt::format("psql {}, as owner or superuser", words::sql_name(found.database)));
  }
  if (!found.not_owned.empty()) {
    std::string mend;
    for (const auto& table : found.not_owned)
      mend += fmt::format("{}ALTER TABLE {} OWNER TO {};", mend.empty() ? "" : "\n",
                          words::sql_name(table), role);
    return make_finding(
        code, severity::danger,
        fmt::format(
            "role {} does not own {}: daily partitions can be neither made nor dropped, and "
            "a day without one stops ingest",
            found.role, words::listed(found.not_owned, 5)),
        mend, fmt::format("psql {}, as owner or superuser", words::sql_name(found.database)));
  }
  return make_finding(code, severity::ok, fmt::format("role {} may do what it must", found.role));
}

finding judge_superuser(const database_survey& found) {
  constexpr const char* code = "database_superuser";
  if (!found.superuser)
    return make_finding(code, severity::ok, fmt::format("role {} is no superuser", found.role));
  return make_finding(code, severity::note,
                      fmt::format("role {} is a superuser, which the service never needs: whoever "
                                  "takes the service over has the whole server",
                                  found.role),
                      "CREATE ROLE taylordash LOGIN PASSWORD '...';",
                      "psql; make it the owner of the database and its tables, then change "
                      "database.url");
}

}  // namespace

std::vector<finding> judge_schema_and_rights(const database_survey& found) {
  return {judge_version(found), judge_schema(found), judge_rights(found), judge_superuser(found)};
}

}  // namespace td
