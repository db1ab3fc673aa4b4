#pragma once

#include <cstdint>
#include <string>

#include "storage/day_tables.hpp"
#include "storage/pg.hpp"

namespace td {

struct rewritten_day {
  std::uint64_t events{};  ///< that are gone
  std::uint64_t bytes{};   ///< given back to the file system
};

/// Takes the rows that `expired` (an SQL condition, never NULL) is true for out of an attached day.
/// What stays is copied while everybody goes on reading and writing; then the copy takes the day's
/// place behind a lock on the mirror that is waited for no longer than a quarter of a second, three
/// times, and held for milliseconds. What was committed meanwhile is carried over. Until that
/// moment nothing has happened. A transaction whose snapshot is older than the swap and that has
/// not touched the mirror before sees the day without its events, as with TRUNCATE. database_busy:
/// a reader is in the way, or many late events come in.
result<rewritten_day> rewrite_day(pg::session& session, const day_table& day,
                                  const std::string& expired);

/// Drops copies that did not come to take their day's place, because a run was killed.
result<void> remove_copies(pg::session& session);

}  // namespace td
