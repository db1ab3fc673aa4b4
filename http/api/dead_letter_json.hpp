#pragma once

#include <string>
#include <string_view>

#include "storage/dead_letter_store.hpp"

namespace td {

/// One JSON object in one line, without the line's end, for scripts. Times are RFC 3339; members
/// that are not known are left out.
std::string to_json(const dead_letter_summary& letter);
std::string to_json(const dead_letter_group& group);

/// With the bytes: `raw` and, where somebody has edited it, `correction`, each a text, or base64
/// where it is not UTF-8 (then `raw_is_base64`, `correction_is_base64` is true). And the history
/// where there is one.
std::string to_json(const dead_letter& letter);

/// RFC 4648 section 4.
std::string base64(std::string_view bytes);

}  // namespace td
