#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/finding.hpp"

namespace td::test {

/// The one finding of this code; throws when there is not exactly one.
inline finding found(const std::vector<finding>& all, std::string_view code) {
  const auto is = [code](const finding& f) { return f.code == code; };
  if (std::count_if(all.begin(), all.end(), is) != 1)
    throw std::runtime_error("not one finding of " + std::string{code});
  return *std::find_if(all.begin(), all.end(), is);
}

inline std::string level(const std::vector<finding>& all, std::string_view code) {
  return std::string{name_of(found(all, code).level)};
}

inline bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// What is worse than a note, for the message of a test that wants nothing of the kind.
inline std::string worries(const std::vector<finding>& all) {
  std::string text;
  for (const auto& f : all) {
    if (f.level > severity::note) text += f.code + ": " + f.what + "\n";
  }
  return text;
}

}  // namespace td::test
