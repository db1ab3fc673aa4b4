#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"
#include "pipeline/text.hpp"

namespace td::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What stands before the first line of "---", and behind it.
inline std::pair<std::string_view, std::string_view> halves(std::string_view input) {
  constexpr std::string_view line = "\n---\n";
  auto const at = input.find(line);
  if (at == std::string_view::npos) return {input, {}};
  return {input.substr(0, at), input.substr(at + line.size())};
}

/// A copy that is readable for `batch::arena_padding` bytes past its end, and no further.
class padded {
 public:
  explicit padded(std::string_view text) : bytes_{text}, size_{text.size()} {
    bytes_.resize(size_ + batch::arena_padding);
    bytes_.shrink_to_fit();
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_;
};

/// An invariant: when it does not hold, this input is a finding.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "invariant broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto const c = first_character(text);
    if (c.size == 0) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

/// Every failure can be stored, logged and shown.
inline void require_presentable(const failure& f) {
  require(!f.detail.empty(), "a failure has a detail");
  require(is_utf8(f.detail) && is_utf8(f.pointer), "a failure is UTF-8");
  require(f.detail.find('\0') == std::string::npos && f.detail.find('\n') == std::string::npos,
          "a detail is one line");
  require(f.pointer.empty() || f.pointer.front() == '/', "a pointer is empty or begins with /");
}

}  // namespace td::fuzz
