#pragma once

#include <string>
#include <vector>

namespace td {

/// "[...]" of what `one` writes of each.
template <class T>
std::string list_of(const std::vector<T>& all, std::string (*one)(const T&)) {
  std::string text{"["};
  for (const auto& e : all) {
    if (text.size() > 1) text += ',';
    text += one(e);
  }
  return text + ']';
}

}  // namespace td
