#pragma once

#include <string>
#include <string_view>

namespace td {

/// What is printed for a secret that is set.
inline constexpr std::string_view redacted = "***";

/// A database URL or libpq key=value string that may be printed: every password in it is `***`.
/// What cannot be read for sure becomes `***` as a whole, so that no spelling mistake shows one.
std::string redact_url(std::string_view url);

/// Whether `url` holds a password (or cannot be read, which is treated as if it did).
bool holds_password(std::string_view url);

}  // namespace td
