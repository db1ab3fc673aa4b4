#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/result.hpp"

namespace td {

/// A place in a pattern that is being read, and the first failure. Kept by one thread.
class pattern_cursor {
 public:
  static constexpr char32_t no_character = 0xffffffff;

  explicit pattern_cursor(std::u32string text) : text_{std::move(text)} {}

  /// Where the next character stands, from 0.
  std::size_t place() const { return at_; }
  void go_to(std::size_t place) { at_ = place; }
  bool done() const { return at_ == text_.size(); }

  /// `no_character` past the end.
  char32_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : no_character;
  }
  bool sees(char32_t c) const { return peek() == c; }
  bool sees(std::u32string_view s) const {
    return std::u32string_view{text_}.substr(at_, s.size()) == s;
  }

  /// There must be one.
  char32_t next() { return text_[at_++]; }
  void skip(std::size_t characters = 1) { at_ += characters; }

  bool take(char32_t c) {
    if (!sees(c)) return false;
    ++at_;
    return true;
  }

  /// The pattern from a place to here, for messages: UTF-8 in quotes.
  std::string since(std::size_t from) const;

  /// Keeps the failure; false, so that it can be returned.
  bool fail(std::size_t where, std::string_view sentence);
  /// There must be one.
  const failure& kept_failure() const { return *failure_; }

 private:
  std::u32string text_;
  std::size_t at_{};
  std::optional<failure> failure_{};
};

constexpr bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether an ASCII set has a character.
constexpr bool is_one_of(std::string_view set, char32_t c) {
  return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace td
