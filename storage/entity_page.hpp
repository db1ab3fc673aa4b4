#pragma once

#include <string>
#include <vector>

namespace td {

/// Some of a list, and the cursor of what follows; empty: nothing does.
template <class Entity>
struct page {
  std::vector<Entity> items{};
  std::string next{};
};

}  // namespace td
