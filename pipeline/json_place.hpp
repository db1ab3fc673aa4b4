#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

/// A piece of a document, in bytes.
struct json_place {
  std::size_t at{};
  std::size_t size{};
  bool exact{true};  ///< else what was looked for is not there, and this is where it should be

  bool operator==(const json_place&) const = default;
};

/// The value that an RFC 6901 pointer names: the way back from `pointer_at`. Where there is none,
/// the bracket of the innermost container on the way (or the scalar that is no container), not
/// exact. Of equal keys the first counts. `json` may be any bytes; what is broken behind the place
/// does not matter. Linear in the document. Any thread.
json_place find_pointer(std::string_view json, std::string_view pointer);

/// Where in a body a failure of the pipeline is to be seen: the byte that its detail names, else
/// what its pointer names. Absent where it is about the body as a whole, or about no body at all.
/// May be the empty place behind the last byte, when the body ends too early.
std::optional<json_place> find_place(std::string_view body, const failure& why);

}  // namespace td
