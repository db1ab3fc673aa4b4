#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/terminal.hpp"
#include "pipeline/json_place.hpp"

namespace td {

/// How much is shown of bytes from elsewhere.
struct excerpt_limits {
  std::size_t columns{80};
  std::size_t head{12};   ///< rows from the beginning; what has no more is shown whole
  std::size_t around{4};  ///< of more: rows before and behind the one in which the place begins
};

/// Whether bytes are better read as a hex dump: more than a quarter of them is neither UTF-8 text
/// nor white space.
bool looks_binary(std::string_view bytes);

/// Bytes from elsewhere as rows that a terminal shows as they are meant: text, wrapped, each row
/// with the byte that it begins with, or a hex dump. What would be obeyed, hidden or is not UTF-8
/// is written as `\u001b` or `\xff`, a line break as `\n` at the end of its row. Under the place
/// there are carets. What is cut off is said, in bytes.
std::string render_excerpt(const terminal::output& to, std::string_view bytes,
                           const std::optional<json_place>& place, const excerpt_limits& limits);

}  // namespace td
