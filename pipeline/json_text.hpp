#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/errc.hpp"

namespace td {

/// What is wrong at which byte of a text.
struct text_fault {
  errc code{};
  std::size_t at{};

  bool operator==(const text_fault&) const = default;
};

/// Decodes the inside of a JSON string (what stands between the quotes). Absent when it is a text
/// that PostgreSQL can store; else the first escape that is nul_escape (`\u0000`),
/// surrogate_escape (half of a pair) or not_json (no escape of RFC 8259 section 7). Where `out` is
/// given, the text up to the fault is appended to it. Looks at escapes only: control characters
/// and UTF-8 are the parser's business. Any thread.
std::optional<text_fault> unescape(std::string_view raw, std::string* out);

/// More characters than any number that means something needs.
inline constexpr std::size_t max_number_characters = 40;
/// The largest decimal exponent of a double. jsonb would expand `1e-9999` to 10,000 digits on
/// every read.
inline constexpr unsigned max_exponent = 308;

/// Whether a number token (valid JSON) is number_too_long or, by its exponent as written,
/// number_out_of_range. Any thread.
std::optional<errc> number_fault(std::string_view token) noexcept;

/// Pointers end before they pass this: then they name an ancestor.
inline constexpr std::size_t max_pointer_bytes = 1000;

/// Appends `/token`, escaped (RFC 6901: `~` is `~0`, `/` is `~1`).
void append_pointer_token(std::string& pointer, std::string_view token);

/// The RFC 6901 pointer of the value that begins at byte `offset`, or of the member whose key
/// does. `json` must be well-formed up to there. Where a key on the way cannot be stored as text
/// (see `unescape`), or the pointer would pass `max_pointer_bytes`, it names the nearest ancestor
/// that can be named. Walks the bytes: for failures only. Any thread.
std::string pointer_at(std::string_view json, std::size_t offset);

/// A pointer with its array indices as `*`: equal for the same place in any element.
std::string pointer_pattern(std::string_view pointer);

}  // namespace td
