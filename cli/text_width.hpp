#pragma once

#include <cstddef>
#include <string_view>

namespace td::terminal {

/// Columns of a terminal that a printable character takes: 2 for East Asian wide and full-width
/// characters and emoji, 0 for marks that combine with the one before, else 1. Unicode 15, in
/// ranges wide enough for this purpose; does not depend on the locale.
std::size_t width_of(char32_t c) noexcept;

/// Of a text of one line; a byte that is not UTF-8 counts 1.
std::size_t width_of(std::string_view text) noexcept;

}  // namespace td::terminal
