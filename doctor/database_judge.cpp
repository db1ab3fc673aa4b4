#include "doctor/database_judge.hpp"

#include "doctor/codes.hpp"

#include <iterator>

#include <fmt/format.h>

namespace td {

std::vector<finding> judge_database(const database_survey& found, const database_needs& needs) {
  std::vector<finding> all{
      make_finding("database_reachable", severity::ok,
                   fmt::format("database {} lets role {} in", found.database, found.role))};
  for (auto part : {judge_schema_and_rights(found), judge_durability(found),
                    judge_sessions(found, needs), judge_space(found, needs)}) {
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  }
  if (!found.unread.empty()) {
    all.push_back(
        make_finding("database_unread", severity::note,
                     fmt::format("could not be looked at: {}", fmt::join(found.unread, "; "))));
  }
  return all;
}

finding database_unreachable(const failure& why) {
  switch (why.code) {
    case errc::database_refused:
      return make_finding(
          "database_reachable", severity::danger,
          fmt::format("the database does not let us in: {}", why.detail),
          "database.url = \"postgresql://ROLE:PASSWORD@HOST/DATABASE\"",
          "the service's settings; or the account in PostgreSQL (pg_hba.conf, ALTER "
          "ROLE ... PASSWORD)");
    case errc::configuration_invalid:
      return make_finding("database_reachable", severity::danger,
                          fmt::format("the database can't be used: {}", why.detail),
                          "database.url = \"postgresql://ROLE:PASSWORD@HOST/DATABASE\"",
                          "the service's settings: PostgreSQL 14 or newer, encoding UTF8");
    default:
      return make_finding(
          "database_reachable", severity::danger,
          fmt::format("the database can't be reached, so nothing is stored now: {}", why.detail),
          "pg_lsclusters",
          "run it on the database's machine to see whether the "
          "server runs; then check database.url");
  }
}

}  // namespace td
