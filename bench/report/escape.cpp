#include "bench/report/escape.hpp"

#include <algorithm>

#include "pipeline/text.hpp"

namespace td::bench {

namespace {

/// XML 1.0, production 2, less the carriage return: a parser would turn it into a line feed.
bool allowed(char32_t c) noexcept {
  return c == '\t' || c == '\n' ||
         (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && c != 0xfffe && c != 0xffff);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const auto [c, size] = first_character(text);
    switch (size == 0 ? U'\0' : c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += size > 0 && allowed(c) ? text.substr(0, size) : std::string_view{"\xef\xbf\xbd"};
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace td::bench
