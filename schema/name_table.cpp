#include "schema/name_table.hpp"

#include <algorithm>
#include <bit>

namespace td {
namespace {

/// Small tables may be sparse: that makes it likely that no two names share a place.
constexpr std::size_t sparse_names = 64;
constexpr int attempts = 32;

}  // namespace

name_table::name_table(const std::vector<std::string_view>& names) {
  if (names.empty()) return;
  auto const room = names.size() * (names.size() <= sparse_names ? 4 : 2);
  auto const slots = std::bit_ceil(std::max<std::size_t>(room, 8));
  shift_ = static_cast<unsigned>(64 - std::countr_zero(slots));
  // The factor under which the fewest names stand beside their place; mostly none does.
  std::uint64_t best_factor = 0;
  auto best = std::size_t{0} - 1;
  for (int attempt = 1; attempt <= attempts && best != 0; ++attempt) {
    factor_ = 0xa0761d6478bd642fULL * static_cast<std::uint64_t>(2 * attempt + 1);
    slots_.assign(slots, {});
    auto const moved = fill(names);
    if (moved < best) {
      best = moved;
      best_factor = factor_;
    }
    if (names.size() > sparse_names) break;
  }
  factor_ = best_factor;
  slots_.assign(slots, {});
  fill(names);
}

/// How many steps from their places the names stand, in all.
std::size_t name_table::fill(const std::vector<std::string_view>& names) {
  std::size_t moved = 0;
  std::uint32_t number = 0;
  for (auto const name : names) {
    auto const ends = mark_of(name);
    auto i = place_of(ends, name);
    for (; slots_[i].number != absent; ++moved)
      i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {ends, name.data(), static_cast<std::uint32_t>(name.size()), number++};
  }
  return moved;
}

}  // namespace td
