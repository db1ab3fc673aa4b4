#include "storage/sqlstate.hpp"

namespace td {

namespace {

constexpr sqlstate_row table[] = {
    // -- the row is at fault: dead letter ---
    {"22", errc::refused_by_database, "a value is not valid for its column"},
    {"23514", errc::refused_by_database, "a CHECK constraint does not hold"},
    {"54", errc::refused_by_database, "a limit of the program is exceeded"},
    // -- the surroundings are at fault: retry ---
    {"08", errc::database_away, "the connection failed"},
    {"25006", errc::database_away, "the server is a standby: fail over, then go on"},
    {"25P03", errc::database_away, "the server ended a transaction that was idle too long"},
    {"40", errc::database_conflict, "deadlock or serialization failure: rolled back"},
    {"53", errc::database_busy, "disk, memory or connections are used up"},
    {"55006", errc::database_busy, "the object is in use"},
    {"55P03", errc::database_busy, "a lock was not to be had in time"},
    {"57", errc::database_away, "the server is shutting down, starting or recovering"},
    {"57014", errc::timed_out, "the statement time-out has passed"},
    // -- a person is needed: stop ---
    {"28", errc::permission_denied, "the server does not accept the account"},
    {"42501", errc::permission_denied, "the account lacks a privilege"},
    {"42P01", errc::configuration_invalid, "a table is missing: the database is not migrated"},
};

}  // namespace

std::span<const sqlstate_row> sqlstate_table() noexcept {
  return table;
}

errc errc_of_sqlstate(std::string_view sqlstate) noexcept {
  const sqlstate_row* best = nullptr;
  for (const auto& row : table) {
    if (!sqlstate.starts_with(row.prefix)) continue;
    if (best == nullptr || row.prefix.size() > best->prefix.size()) best = &row;
  }
  return best == nullptr ? errc::internal : best->code;
}

}  // namespace td
