#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace td {

/// The enumerator whose place in the list of names this name has. Absent: there is no such name.
template <class T, std::size_t N>
std::optional<T> named(const std::array<std::string_view, N>& names,
                       std::string_view name) noexcept {
  const auto* const at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<T>(at - names.begin());
}

}  // namespace td
