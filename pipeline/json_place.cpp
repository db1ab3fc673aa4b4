#include "pipeline/json_place.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "pipeline/json_text.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

constexpr bool is_digit(char c) noexcept {
  return '0' <= c && c <= '9';
}

/// Reads forward over a text that may be broken: past the end everything is '\0'.
class walker {
 public:
  explicit walker(std::string_view json) noexcept : json_{json} { skip_space(); }

  std::size_t at() const noexcept { return at_; }
  char next() const noexcept { return at_ < json_.size() ? json_[at_] : '\0'; }

  void skip_space() noexcept {
    at_ = std::min(json_.find_first_not_of(" \t\n\r", at_), json_.size());
  }

  /// True when it stood there.
  bool skip(char c) noexcept {
    if (next() != c) return false;
    ++at_;
    skip_space();
    return true;
  }

  /// Skips a string; what stands between its quotes.
  std::string_view skip_string() noexcept {
    auto const first = ++at_;
    while (at_ < json_.size() && json_[at_] != '"')
      at_ += json_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, json_.size());
    auto const inside = json_.substr(first, at_ - first);
    if (at_ < json_.size()) ++at_;
    return inside;
  }

  /// Skips the value, with all that is in it; the place behind its last byte.
  std::size_t skip_value() noexcept {
    std::size_t depth = 0;
    auto end = at_;
    do {
      auto const c = next();
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth > 0) --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
      } else {
        at_ = std::min(json_.find_first_of(" \t\n\r,:{}[]\"", at_), json_.size());
      }
      end = at_;
      skip_space();
    } while (depth > 0 && at_ < json_.size());
    return end;
  }

 private:
  std::string_view json_;
  std::size_t at_{};
};

bool names(std::string_view key_as_written, std::string_view token) {
  std::string key;
  return !unescape(key_as_written, &key) && key == token;
}

/// To the value of the member; false when there is none.
bool enter_member(walker& w, std::string_view token) {
  for (auto more = w.skip('{'); more && w.next() == '"'; more = w.skip(',')) {
    auto const key = w.skip_string();
    w.skip_space();
    if (!w.skip(':')) return false;
    if (names(key, token)) return w.next() != '\0';
    w.skip_value();
  }
  return false;
}

bool enter_element(walker& w, std::string_view token) {
  std::size_t index = 0;
  auto const [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size()) return false;
  if (!w.skip('[') || w.next() == ']') return false;
  for (; index > 0; --index) {
    w.skip_value();
    if (!w.skip(',')) return false;
  }
  return w.next() != '\0';
}

/// Takes the first token off a pointer.
std::string take_token(std::string_view& pointer) {
  auto const size = std::min(pointer.find('/', 1), pointer.size());
  std::string token;
  for (std::size_t i = 1; i < size; ++i) {
    auto const escaped = pointer[i] == '~' && i + 1 < size;
    token += !escaped ? pointer[i] : pointer[++i] == '0' ? '~' : '/';
  }
  pointer.remove_prefix(size);
  return token;
}

/// The byte that a detail names: "byte 12 begins ...", "... at byte 12, found ...". In front of it
/// may stand a key of the document, which can say anything.
std::optional<std::size_t> byte_in(std::string_view detail) {
  constexpr std::string_view word = "byte ";
  auto at = detail.starts_with(word) ? 0 : detail.rfind(" byte ");
  if (at == std::string_view::npos) return std::nullopt;
  at = detail.find_first_of("0123456789", at);
  std::size_t byte = 0;
  if (at == std::string_view::npos || detail.substr(0, at).size() < word.size() ||
      detail.substr(at - word.size(), word.size()) != word) {
    return std::nullopt;
  }
  auto const [end, error] =
      std::from_chars(detail.data() + at, detail.data() + detail.size(), byte);
  if (error != std::errc{}) return std::nullopt;
  return byte;
}

/// How much of the body belongs to the thing that begins at a byte: a string, a number, an escape,
/// else one character.
std::size_t size_of_thing(std::string_view rest) {
  if (rest.starts_with("\\u")) return std::min<std::size_t>(rest.size(), 6);
  if (rest.starts_with("\\")) return std::min<std::size_t>(rest.size(), 2);
  if (rest.starts_with("\"")) {
    walker w{rest};
    auto const inside = w.skip_string();
    return w.at() == inside.size() + 2 ? w.at() : 1;
  }
  if (rest.starts_with("-") || (!rest.empty() && is_digit(rest.front())))
    return std::min(rest.find_first_not_of("-+.eE0123456789"), rest.size());
  return rest.empty() ? 0 : std::max<std::size_t>(first_character(rest).size, 1);
}

}  // namespace

json_place find_pointer(std::string_view json, std::string_view pointer) {
  walker w{json};
  while (!pointer.empty()) {
    auto const container = w;
    auto const token = take_token(pointer);
    auto const entered = w.next() == '{'   ? enter_member(w, token)
                         : w.next() == '[' ? enter_element(w, token)
                                           : false;
    if (entered) continue;
    w = container;
    auto const first = w.at();
    auto const scalar = w.next() != '{' && w.next() != '[';
    return {first, scalar ? w.skip_value() - first : 1, false};
  }
  auto const first = w.at();
  return {first, w.skip_value() - first, true};
}

std::optional<json_place> find_place(std::string_view body, const failure& why) {
  switch (why.code) {
    case errc::not_utf8:
    case errc::not_json:
    case errc::too_deep:
    case errc::duplicate_key:
    case errc::nul_escape:
    case errc::surrogate_escape:
    case errc::number_too_long:
    case errc::number_out_of_range:
    case errc::string_too_long:
      if (auto const byte = byte_in(why.detail); byte && *byte <= body.size())
        return json_place{*byte, size_of_thing(body.substr(*byte)), true};
      break;
    case errc::body_empty:
    case errc::body_too_large:
    case errc::topic_too_long:
    case errc::topic_not_allowed:
      return std::nullopt;
    default:
      break;
  }
  if (why.pointer.empty()) return std::nullopt;
  return find_pointer(body, why.pointer);
}

}  // namespace td
