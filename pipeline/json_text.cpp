#include "pipeline/json_text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace td {
namespace {

/// The value of four hex digits at `at`; absent when they are not there.
std::optional<char32_t> hex4(std::string_view text, std::size_t at) noexcept {
  if (text.size() < at + 4) return std::nullopt;
  char32_t value = 0;
  for (auto const c : text.substr(at, 4)) {
    value <<= 4;
    if ('0' <= c && c <= '9') {
      value |= static_cast<char32_t>(c - '0');
    } else if (auto const lower = static_cast<char>(c | 0x20); 'a' <= lower && lower <= 'f') {
      value |= static_cast<char32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

void append_utf8(std::string& out, char32_t c) {
  auto const put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  auto const put_tail = [&](int shift) { put(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put_tail(0);
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put_tail(6);
    put_tail(0);
  } else {
    put(0xf0 | c >> 18);
    put_tail(12);
    put_tail(6);
    put_tail(0);
  }
}

struct decoded_escape {
  char32_t code_point{};
  std::size_t size{};  ///< bytes of the escape, its backslash included
};

constexpr bool is_high_surrogate(char32_t c) noexcept {
  return c >= 0xd800 && c < 0xdc00;
}
constexpr bool is_low_surrogate(char32_t c) noexcept {
  return c >= 0xdc00 && c < 0xe000;
}

/// Decodes `\uXXXX` (or a pair of them) at `at`, the place of the backslash.
std::optional<errc> decode_unicode(std::string_view raw, std::size_t at, decoded_escape& to) {
  auto const first = hex4(raw, at + 2);
  if (!first) return errc::not_json;
  if (*first == 0) return errc::nul_escape;
  to = {*first, 6};
  if (is_low_surrogate(*first)) return errc::surrogate_escape;
  if (!is_high_surrogate(*first)) return std::nullopt;
  if (raw.substr(at + 6, 2) != "\\u") return errc::surrogate_escape;
  auto const second = hex4(raw, at + 8);
  if (!second) return errc::not_json;
  if (!is_low_surrogate(*second)) return errc::surrogate_escape;
  to = {0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00), 12};
  return std::nullopt;
}

std::optional<errc> decode_escape(std::string_view raw, std::size_t at, decoded_escape& to) {
  if (at + 1 >= raw.size()) return errc::not_json;
  auto const c = raw[at + 1];
  if (c == 'u') return decode_unicode(raw, at, to);
  static constexpr std::string_view letters = "\"\\/bfnrt";
  static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  auto const which = letters.find(c);
  if (which == std::string_view::npos) return errc::not_json;
  to = {static_cast<char32_t>(meanings[which]), 2};
  return std::nullopt;
}

}  // namespace

std::optional<text_fault> unescape(std::string_view raw, std::string* out) {
  for (std::size_t at = 0;;) {
    auto const backslash = raw.find('\\', at);
    if (out != nullptr) *out += raw.substr(at, backslash - at);
    if (backslash == std::string_view::npos) return std::nullopt;
    decoded_escape escape;
    if (auto const code = decode_escape(raw, backslash, escape)) {
      return text_fault{*code, backslash};
    }
    if (out != nullptr) append_utf8(*out, escape.code_point);
    at = backslash + escape.size;
  }
}

std::optional<errc> number_fault(std::string_view token) noexcept {
  if (token.size() > max_number_characters) return errc::number_too_long;
  auto e = token.find_first_of("eE");
  if (e == std::string_view::npos) return std::nullopt;
  unsigned exponent = 0;
  for (auto const c : token.substr(e + 1)) {
    if (c < '0' || c > '9') continue;  // the sign
    exponent = exponent * 10 + static_cast<unsigned>(c - '0');
    if (exponent > max_exponent) return errc::number_out_of_range;
  }
  return std::nullopt;
}

void append_pointer_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (auto const c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

namespace {

/// An open container on the way to the place in question.
struct open_container {
  bool array{};
  std::size_t index{};       ///< of the element, in an array
  std::string_view key{};    ///< of the member as written, in an object
  bool names_nothing{true};  ///< no key read yet
};

std::string pointer_of(const std::vector<open_container>& path) {
  std::string pointer;
  std::string key;
  for (auto const& step : path) {
    if (!step.array && step.names_nothing) break;
    key.clear();
    if (step.array) {
      key = fmt::to_string(step.index);
    } else if (unescape(step.key, &key)) {
      break;
    }
    auto const parent_size = pointer.size();
    append_pointer_token(pointer, key);
    if (pointer.size() > max_pointer_bytes) {
      pointer.resize(parent_size);
      break;
    }
  }
  return pointer;
}

/// The place behind the closing quote of the string that opens at `at`.
std::size_t end_of_string(std::string_view json, std::size_t at) noexcept {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

}  // namespace

std::string pointer_at(std::string_view json, std::size_t offset) {
  std::vector<open_container> path;
  auto key_may_come = false;
  for (std::size_t at = 0; at < json.size() && at <= offset;) {
    switch (json[at]) {
      case '{':
      case '[':
        if (at == offset) return pointer_of(path);
        path.push_back({.array = json[at] == '['});
        key_may_come = json[at] == '{';
        ++at;
        break;
      case '}':
      case ']':
        if (!path.empty()) path.pop_back();
        key_may_come = false;
        ++at;
        break;
      case ',':
        if (!path.empty()) {
          ++path.back().index;
          key_may_come = !path.back().array;
        }
        ++at;
        break;
      case '"': {
        auto const end = end_of_string(json, at);
        if (key_may_come) {
          auto const inside = json.substr(at + 1, end - at - 2);
          path.back().key = inside;
          path.back().names_nothing = false;
          key_may_come = false;
        }
        at = end;
        break;
      }
      default:
        ++at;
    }
  }
  return pointer_of(path);
}

std::string pointer_pattern(std::string_view pointer) {
  const auto is_index = [](std::string_view token) {
    return !token.empty() &&
           std::ranges::all_of(token, [](char c) { return c >= '0' && c <= '9'; });
  };
  std::string out;
  while (!pointer.empty()) {
    const auto end = std::min(pointer.find('/', 1), pointer.size());
    const auto token = pointer.substr(1, end - 1);
    out += '/';
    out += is_index(token) ? "*" : token;
    pointer.remove_prefix(end);
  }
  return out;
}

}  // namespace td
