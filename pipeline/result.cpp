#include "pipeline/result.hpp"

#include <fmt/format.h>

#include "pipeline/text.hpp"

namespace td {
namespace {

constexpr std::size_t max_shown_pointer = 200;

}  // namespace

std::string to_string(const failure& f) {
  auto text =
      fmt::format("{}: {}", name_of(f.code), f.detail.empty() ? sentence_of(f.code) : f.detail);
  if (!f.pointer.empty()) text += fmt::format(" (at {})", printable(f.pointer, max_shown_pointer));
  return text;
}

}  // namespace td
