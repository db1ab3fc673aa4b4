#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

inline constexpr std::size_t max_user_name_bytes = 64;

/// The one form of a user's name: 2 to 64 of a-z 0-9 . _ @ + -, the first a letter or a digit;
/// capital letters are written small. Absent: no user can have such a name.
std::optional<std::string> user_name_from(std::string_view text);

/// The same; configuration_invalid says what a name is made of.
result<std::string> check_user_name(std::string_view text);

}  // namespace td
