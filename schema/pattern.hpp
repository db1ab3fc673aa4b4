#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

/// Rewrites an ECMAScript pattern (ECMA-262, flag `u`, no others) as an RE2 one that matches the
/// same texts; groups capture nothing any more. configuration_invalid: what RE2 can't do
/// (look-around, backreferences, counts above 1000) or what is no pattern, with the place in
/// characters and what to write instead. Any thread.
result<std::string> re2_of_ecma(std::string_view pattern);

/// A compiled `pattern` of a JSON Schema: unanchored, linear in the text whatever the pattern.
/// Immutable; any thread.
class pattern {
 public:
  /// configuration_invalid: see `re2_of_ecma`; also when the pattern is longer than
  /// `max_pattern_bytes` or its program would take more than `max_program_bytes`.
  static result<pattern> compile(std::string_view ecma);

  pattern(pattern&&) noexcept;
  pattern& operator=(pattern&&) noexcept;
  ~pattern();

  /// Whether any part of the text (valid UTF-8) matches. Some 70 ns for a short text; some 60 ns
  /// per character where `\p{...}` is counted to dozens, which RE2 does without its DFA:
  /// "maxLength" beside `\p{L}+` is faster.
  bool matches(std::string_view text) const;

  /// What the pattern takes for good. Searches keep states of as much as `max_program_bytes` more.
  std::size_t program_bytes() const noexcept;

  static constexpr std::size_t max_pattern_bytes = 1000;
  /// Takes about 40 ms to compile. `\p{L}` is 9.4 KiB, so that 100 of them fit; `[a-z]` is 8 bytes.
  static constexpr std::size_t max_program_bytes = 1u << 20;

 private:
  struct impl;
  explicit pattern(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

}  // namespace td
