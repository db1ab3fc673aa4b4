#pragma once

#include <cstddef>
#include <string>

#include "schema/pattern_cursor.hpp"

namespace td {

/// A character of a pattern, or a set of them such as `\d` and `\p{L}`.
struct class_item {
  char32_t character{pattern_cursor::no_character};  ///< else the two below
  /// As RE2 writes the set between brackets; empty where it can only write the others.
  std::string members{};
  std::string others{};  ///< all characters but the members; the same
};

/// Reads what follows a backslash that stands at `begin` and means the same inside and outside of a
/// class: all but assertions and backreferences. False after a failure, which the cursor keeps.
bool read_escape(pattern_cursor& in, std::size_t begin, bool in_class, class_item& item);

}  // namespace td
