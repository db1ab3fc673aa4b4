#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/problem.hpp"

namespace td {

/// A request target taken apart and decoded.
struct parsed_target {
  std::string authority{};              ///< of the absolute form, "host:port"; else empty
  bool asterisk{};                      ///< `*`, which only OPTIONS may ask for
  std::vector<std::string> segments{};  ///< "/a/b%20c" -> "a", "b c"; "/" -> one that is empty
  std::vector<std::pair<std::string, std::string>> query{};  ///< in order; `+` is a space
};

/// Reads an origin-form, absolute-form or asterisk-form target (RFC 9112 section 3.2), without
/// being lenient: bad_target for a percent sign without two hex digits, an encoded slash, backslash
/// or control character, `.` and `..` segments however they are written, bytes that are not UTF-8,
/// more than `most_segments` or `most_query_pairs`. Any thread.
http_result<parsed_target> parse_target(std::string_view target);

inline constexpr std::size_t most_segments = 32;
inline constexpr std::size_t most_query_pairs = 64;

}  // namespace td
