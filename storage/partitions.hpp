#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "storage/pg.hpp"

namespace td {

/// "events_mirror_20261120". Days of the years 1 to 9999.
std::string partition_name(std::chrono::sys_days day);

/// Makes the partitions of these days (sorted, each once) that do not exist: a table like the
/// parent, then ATTACH, in one transaction. Neither readers nor writers of the mirror are waited
/// for, nor do they wait. A table of that name that stands detached is attached again, so that its
/// rows go on guarding against duplicates. Returns how many were made or attached.
/// database_busy: another statement held the parent for longer than a few lock time-outs.
result<std::uint32_t> ensure_partitions(pg::session& session,
                                        std::span<const std::chrono::sys_days> days);

/// All days from `first` to `last`.
result<std::uint32_t> ensure_partitions(pg::session& session, std::chrono::sys_days first,
                                        std::chrono::sys_days last);

}  // namespace td
