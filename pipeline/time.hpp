#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace td {

/// A point in time as every part of the product has it: int64 microseconds since
/// 1970-01-01T00:00:00Z, UTC, no leap seconds (like PostgreSQL's timestamptz).
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// The only parser of event times, for every entrance. RFC 3339 `date-time`: a mandatory offset
/// (`Z`, `z`, `+hh:mm`, `-hh:mm`), `T`, `t` or one space between date and time, any number of
/// fraction digits. Digits past the microsecond are **truncated** (PostgreSQL's own text input
/// rounds, which would give one event two keys). Second 60 is accepted where RFC 3339 allows a
/// leap second (23:59:60 UTC) and means the last microsecond of second 59.
/// Years 0001 to 9999, both as written and in UTC. Absent for anything else. Any thread.
std::optional<timestamp> parse_rfc3339(std::string_view text) noexcept;

/// `2026-11-20T12:00:00.123456Z`: always six fraction digits. What it writes of a time within the
/// years 0001 to 9999, `parse_rfc3339` reads back as the same time.
std::string to_rfc3339(timestamp t);

/// The system clock, now.
timestamp now();

}  // namespace td
