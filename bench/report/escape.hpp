#pragma once

#include <string>
#include <string_view>

namespace td::bench {

/// A text from outside as it may stand in HTML and XML, between tags and in double-quoted
/// attributes: `& < > " '` become references; what neither may hold (control characters but for
/// tab and line feed, bytes that are not UTF-8) becomes U+FFFD. Any thread.
std::string escaped(std::string_view text);

}  // namespace td::bench
