#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace td {

/// The formats that are asserted.
enum class format : std::uint8_t {
  date_time,  ///< RFC 3339 date-time, leap seconds where they can be
  date,       ///< RFC 3339 full-date
  uuid,       ///< RFC 4122, 36 characters, either case
  uri,        ///< RFC 3986 URI: a scheme is needed
  email,      ///< RFC 5321 Mailbox, ASCII
};

/// "date-time", ...
std::string_view name_of(format f) noexcept;

/// Absent when there is no such format, or it is not asserted here.
std::optional<format> format_named(std::string_view name) noexcept;

/// "date-time, date, uuid, uri, email": for messages.
std::span<const std::string_view> format_names() noexcept;

/// Whether a text (valid UTF-8) has the format. Any thread.
bool has_format(format f, std::string_view text) noexcept;

}  // namespace td
