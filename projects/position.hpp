#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// Places in a list that people order by hand: a fraction between 0 and 1 in base 62, digits `0-9
/// A-Z a-z`, compared byte by byte. Between any two there is always another, so moving one thing
/// changes one row ("fractional indexing"). Texts that end with `0` are no positions: nothing
/// would fit in front of them. Any thread.
bool is_position(std::string_view text) noexcept;

/// A position behind `after` and before `before`; absent: no bound on that side. At the ends
/// it counts by one, so that a list which grows there keeps short positions.
/// value_invalid: one is no position, `after` is not before `before`, or the result would pass
/// fields::max_position (the list then wants to be numbered anew: `spread_positions`).
result<std::string> position_between(const std::optional<std::string>& after,
                                     const std::optional<std::string>& before);

/// `count` positions in order, evenly spread, all of equal length.
std::vector<std::string> spread_positions(std::size_t count);

}  // namespace td
