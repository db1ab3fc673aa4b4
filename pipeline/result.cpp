#include "pipeline/result.hpp"

#include <fmt/format.h>

namespace td {

std::string to_string(const failure& f) {
  auto text =
      fmt::format("{}: {}", name_of(f.code), f.detail.empty() ? sentence_of(f.code) : f.detail);
  if (!f.pointer.empty()) text += fmt::format(" (at {})", f.pointer);
  return text;
}

}  // namespace td
