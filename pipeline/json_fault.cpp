#include "pipeline/json_fault.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "pipeline/json_text.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

/// What the grammar allows next.
enum class wants : std::uint8_t {
  value,
  value_or_close,
  key,
  key_or_close,
  colon,
  comma_or_close,
  nothing,
};

constexpr std::string_view in_words(wants next) noexcept {
  switch (next) {
    case wants::value:
      return "a value";
    case wants::value_or_close:
      return "a value or ']'";
    case wants::key:
      return "a key in quotes";
    case wants::key_or_close:
      return "a key in quotes or '}'";
    case wants::colon:
      return "':'";
    case wants::comma_or_close:
      return "',' or the closing bracket";
    case wants::nothing:
      return "nothing more";
  }
  return "";
}

constexpr bool is_digit(char c) noexcept {
  return '0' <= c && c <= '9';
}

/// The size of the number (RFC 8259 section 6) at the front; 0 where there is none.
std::size_t number_size(std::string_view text) noexcept {
  std::size_t at = 0;
  auto const sees = [&](std::string_view any) {
    return at < text.size() && any.find(text[at]) != std::string_view::npos;
  };
  auto const skip_digits = [&] {
    auto const first = at;
    while (at < text.size() && is_digit(text[at]))
      ++at;
    return at > first;
  };
  if (sees("-")) ++at;
  if (sees("0")) {
    ++at;
  } else if (!skip_digits()) {
    return 0;
  }
  if (sees(".")) {
    ++at;
    if (!skip_digits()) return 0;
  }
  if (sees("eE")) {
    ++at;
    if (sees("+-")) ++at;
    if (!skip_digits()) return 0;
  }
  return at;
}

/// Whether the token's value fits: an integer of 64 bits, with or without sign, or a finite double.
bool fits(std::string_view token) noexcept {
  auto const* const end = token.data() + token.size();
  auto const read = [&](auto value) {
    auto const [stop, error] = std::from_chars(token.data(), end, value);
    return error == std::errc{} && stop == end;
  };
  if (token.find_first_of(".eE") == std::string_view::npos) {
    return token.front() == '-' ? read(std::int64_t{}) : read(std::uint64_t{});
  }
  // from_chars reports what underflows as out of range, too; that is a zero here.
  double value = 0;
  auto const [stop, error] = std::from_chars(token.data(), end, value);
  if (error == std::errc{}) return std::isfinite(value);
  auto const e = token.find_first_of("eE");
  return e != std::string_view::npos && e + 1 < token.size() && token[e + 1] == '-';
}

class checker {
 public:
  checker(std::string_view json, std::size_t max_depth) : json_{json}, max_depth_{max_depth} {}

  std::optional<failure> run() {
    if (auto const bad = find_bad_utf8()) return fault(errc::not_utf8, *bad, "is not valid UTF-8");
    skip_space();
    if (at_end()) return failure{errc::body_empty, "the body holds nothing but white space", {}};
    for (; !at_end(); skip_space()) {
      if (auto f = step()) return f;
    }
    if (next_ == wants::nothing) return std::nullopt;
    return failure{errc::not_json,
                   fmt::format("the body ends at byte {}, where {} should follow", json_.size(),
                               in_words(next_)),
                   {}};
  }

 private:
  bool at_end() const noexcept { return at_ == json_.size(); }
  std::string_view rest() const noexcept { return json_.substr(at_); }

  void skip_space() noexcept {
    at_ = std::min(json_.find_first_not_of(" \t\n\r", at_), json_.size());
  }

  std::optional<std::size_t> find_bad_utf8() const noexcept {
    if (simdjson::validate_utf8(json_.data(), json_.size())) return std::nullopt;
    std::size_t at = 0;
    while (at < json_.size()) {
      auto const size = first_character(json_.substr(at)).size;
      if (size == 0) break;
      at += size;
    }
    return at;
  }

  failure fault(errc code, std::size_t at, std::string_view what) const {
    return {code, fmt::format("byte {} {}", at, what), {}};
  }

  failure unexpected() const {
    auto const c = first_character(rest());
    return {errc::not_json,
            fmt::format("expected {} at byte {}, found '{}'", in_words(next_), at_,
                        printable(rest().substr(0, c.size))),
            {}};
  }

  bool allows_value() const noexcept {
    return next_ == wants::value || next_ == wants::value_or_close;
  }
  bool allows_key() const noexcept { return next_ == wants::key || next_ == wants::key_or_close; }

  /// Reads one token.
  std::optional<failure> step() {
    auto const c = json_[at_];
    switch (c) {
      case '{':
      case '[':
        return allows_value() ? open(c) : unexpected();
      case '}':
      case ']':
        return close(c);
      case ',':
        return next_ == wants::comma_or_close ? comma() : unexpected();
      case ':':
        return next_ == wants::colon ? accept(1, wants::value) : unexpected();
      case '"':
        return allows_value() || allows_key() ? string() : unexpected();
      default:
        return allows_value() ? scalar() : unexpected();
    }
  }

  std::optional<failure> accept(std::size_t size, wants next) noexcept {
    at_ += size;
    next_ = next;
    return std::nullopt;
  }

  wants after_value() const noexcept {
    return open_.empty() ? wants::nothing : wants::comma_or_close;
  }

  std::optional<failure> open(char c) {
    if (open_.size() == max_depth_) {
      return failure{errc::too_deep,
                     fmt::format("byte {} opens level {}; at most {} are allowed", at_,
                                 max_depth_ + 1, max_depth_),
                     pointer_at(json_, at_)};
    }
    open_.push_back(c);
    return accept(1, c == '{' ? wants::key_or_close : wants::value_or_close);
  }

  std::optional<failure> close(char c) {
    auto const opener = c == '}' ? '{' : '[';
    auto const empty = c == '}' ? wants::key_or_close : wants::value_or_close;
    if (open_.empty() || open_.back() != opener) return unexpected();
    if (next_ != empty && next_ != wants::comma_or_close) return unexpected();
    open_.pop_back();
    return accept(1, after_value());
  }

  std::optional<failure> comma() {
    return accept(1, open_.back() == '{' ? wants::key : wants::value);
  }

  std::optional<failure> string() {
    auto end = at_ + 1;
    for (; end < json_.size() && json_[end] != '"'; ++end) {
      if (static_cast<unsigned char>(json_[end]) < 0x20) {
        return fault(errc::not_json, end,
                     fmt::format("is the control character 0x{:02x}, which a string may only hold "
                                 "as an escape",
                                 json_[end]));
      }
      if (json_[end] == '\\') ++end;
    }
    if (end >= json_.size()) {
      return fault(errc::not_json, at_, "opens a string that does not end");
    }
    if (auto const f = unescape(json_.substr(at_ + 1, end - at_ - 1), nullptr)) {
      return bad_escape(*f);
    }
    return accept(end + 1 - at_, allows_key() ? wants::colon : after_value());
  }

  failure bad_escape(const text_fault& f) const {
    auto const place = at_ + 1 + f.at;
    auto const text = printable(json_.substr(place, f.code == errc::not_json ? 2 : 6));
    if (f.code == errc::not_json) {
      return fault(f.code, place, fmt::format("begins '{}', which is no escape of JSON", text));
    }
    auto bad = fault(f.code, place, fmt::format("begins '{}': {}", text, sentence_of(f.code)));
    bad.pointer = pointer_at(json_, at_);
    return bad;
  }

  std::optional<failure> scalar() {
    for (std::string_view const word : {"true", "false", "null"}) {
      if (rest().starts_with(word)) return accept(word.size(), after_value());
    }
    auto const size = number_size(rest());
    if (size == 0) return unexpected();
    auto const token = rest().substr(0, size);
    auto code = number_fault(token);
    if (!code && !fits(token)) code = errc::number_out_of_range;
    if (!code) return accept(size, after_value());
    return failure{*code,
                   fmt::format("byte {} begins the number {}: {}", at_, printable(token, 48),
                               sentence_of(*code)),
                   pointer_at(json_, at_)};
  }

  std::string_view json_;
  std::size_t max_depth_;
  std::size_t at_{};
  wants next_{wants::value};
  std::string open_{};  ///< the brackets that are open
};

}  // namespace

std::optional<failure> find_json_fault(std::string_view json, std::size_t max_depth) {
  return checker{json, max_depth}.run();
}

}  // namespace td
