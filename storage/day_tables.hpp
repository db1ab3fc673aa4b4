#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/pg.hpp"

namespace td {

/// A daily table of the mirror, attached as a partition or not.
struct day_table {
  std::string name{};
  std::chrono::sys_days day{};
  bool attached{};
  bool half_detached{};  ///< a detach was cut short: no longer seen, to be finished
  bool to_be_dropped{};  ///< detached by us, in order to drop it; else a person has
};

/// Those of the days [first, last), by day.
result<std::vector<day_table>> day_tables(pg::session& session, std::chrono::sys_days first,
                                          std::chrono::sys_days last);

/// Detaches the day, if need be, and drops it. Waits for readers of the mirror, up to the session's
/// lock time-out and a few times, but makes nobody wait. database_busy: a reader is in the way, or
/// somebody attached it again; sound, to be called again. A table that a person has detached is
/// left alone: false.
result<bool> drop_day(pg::session& session, const day_table& table);

struct search_index {
  const char* suffix;
  const char* definition;
};
/// What closed days have for people who search: `<table>_<suffix>`. Each is read by
/// storage/event_search.cpp. Time is the last, so that a day that has it has them all.
inline constexpr search_index search_indexes[] = {
    {"kind", "(kind, occurred_at)"},
    {"topic", "(topic COLLATE \"C\", occurred_at)"},  // prefixes; other collations can't find them
    {"source", "(source, occurred_at)"},
    {"payload", "USING gin (payload jsonb_path_ops)"},
    {"time", "(occurred_at, event_id)"},
};

}  // namespace td
