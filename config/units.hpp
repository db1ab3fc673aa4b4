#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace td {

/// "250ms", "30s", "20m", "36h", "30d": a whole number and one unit, nothing else. Absent for
/// anything else and for what does not fit. A day has 24 hours.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// The shortest of those forms that is exact: 90000ms -> "90s", 86400s -> "1d".
std::string format_duration(std::chrono::milliseconds d);

/// "4096", "512B", "64KiB", "4MiB", "1GiB" in bytes; absent for anything else and for what does
/// not fit 63 bits. Decimal units (kB, MB) are refused, because people mean either by them.
std::optional<std::int64_t> parse_size(std::string_view text) noexcept;

/// The largest of those units that is exact: 4194304 -> "4MiB", 1000 -> "1000".
std::string format_size(std::int64_t bytes);

/// A whole decimal number, with a sign at most; absent for anything else.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

}  // namespace td
