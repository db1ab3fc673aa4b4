#pragma once

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "pipeline/scan.hpp"

namespace td::test {

/// The rules of `scanner`, and what of them the parser notices first, told a second time: slowly,
/// obviously, by recursive descent, with Boost.JSON to decode strings. Finds every violation, not
/// just the first. For well-formed documents.
class reference_scan {
 public:
  using violations = std::set<std::pair<errc, std::string>>;  ///< code and pointer

  reference_scan(std::string_view json, scan_limits limits) : json_{json}, limits_{limits} {
    value();
  }

  const violations& found() const { return found_; }

  /// Byte offset of each token, as simdjson is expected to report them.
  const std::vector<std::uint32_t>& tokens() const { return tokens_; }

 private:
  void skip_space() { at_ = json_.find_first_not_of(" \t\n\r", at_); }

  char peek() {
    skip_space();
    return json_[at_];
  }

  /// Consumes one token of known size.
  void take(std::size_t size = 1) {
    tokens_.push_back(static_cast<std::uint32_t>(at_));
    at_ += size;
  }

  void violation(errc code) {
    std::string pointer;
    for (auto const& step : path_) {
      if (!step) break;
      pointer += '/';
      for (auto const c : *step)
        pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string{c};
    }
    found_.emplace(code, pointer);
  }

  void value() {
    switch (peek()) {
      case '{':
        object();
        break;
      case '[':
        array();
        break;
      case '"':
        string();
        break;
      case 't':
      case 'n':
        take(4);
        break;
      case 'f':
        take(5);
        break;
      default:
        number();
    }
  }

  void enter() {
    take();
    if (++depth_ > limits_.max_depth) violation(errc::too_deep);
  }

  void object() {
    enter();
    std::set<std::string> keys;
    while (peek() != '}') {
      path_.emplace_back(std::nullopt);  // until the key is known, a fault in it is its parent's
      auto const key = string();
      path_.back() = key;
      if (key && !keys.insert(*key).second) violation(errc::duplicate_key);
      peek();
      take();  // the colon
      value();
      path_.pop_back();
      if (peek() == ',') take();
    }
    take();
    --depth_;
  }

  void array() {
    enter();
    for (std::size_t i = 0; peek() != ']'; ++i) {
      path_.emplace_back(std::to_string(i));
      value();
      path_.pop_back();
      if (peek() == ',') take();
    }
    take();
    --depth_;
  }

  /// The text, or absent where it cannot be stored.
  std::optional<std::string> string() {
    peek();
    auto const begin = at_;
    auto has_nul = false;
    auto end = begin + 1;
    while (json_[end] != '"') {
      if (json_.substr(end, 6) == "\\u0000") has_nul = true;
      end += json_[end] == '\\' ? 2 : 1;
    }
    take(end + 1 - begin);
    boost::system::error_code ec;
    auto const decoded = boost::json::parse(json_.substr(begin, end + 1 - begin), ec);
    std::optional<std::string> text;
    if (!ec && !has_nul) text = std::string{decoded.as_string()};
    // A fault in a key is told with the member's own pointer where that can be written.
    auto const is_key = !path_.empty() && !path_.back();
    if (is_key) path_.back() = text;
    if (ec) violation(errc::surrogate_escape);
    if (has_nul) violation(errc::nul_escape);
    if (end - begin - 1 > limits_.max_string_bytes) violation(errc::string_too_long);
    return text;
  }

  void number() {
    auto const size = json_.find_first_not_of("0123456789+-.eE", at_) - at_;
    std::string const token{json_.substr(at_, size)};
    take(size);
    if (token.size() > 40) {
      violation(errc::number_too_long);
      return;
    }
    auto const e = token.find_first_of("eE");
    if (e != std::string::npos && std::abs(std::strtol(token.c_str() + e + 1, nullptr, 10)) > 308) {
      violation(errc::number_out_of_range);
      return;
    }
    errno = 0;
    auto fits = true;
    if (token.find_first_of(".eE") != std::string::npos) {
      fits = !std::isinf(std::strtod(token.c_str(), nullptr));
    } else if (token.front() == '-') {
      std::strtoll(token.c_str(), nullptr, 10);
      fits = errno == 0;
    } else {
      std::strtoull(token.c_str(), nullptr, 10);
      fits = errno == 0;
    }
    if (!fits) violation(errc::number_out_of_range);
  }

  std::string_view json_;
  scan_limits limits_;
  std::size_t at_{};
  std::size_t depth_{};
  std::vector<std::optional<std::string>> path_{};
  violations found_{};
  std::vector<std::uint32_t> tokens_{};
};

}  // namespace td::test
