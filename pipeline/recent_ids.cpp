#include "pipeline/recent_ids.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace td {

// Two words without a lock, made self-checking by XOR: `check` is key ^ time. A reader that
// meets halves of two writers computes a key that is neither's and sees a miss.
// (R. Hyatt, T. Mann: "A lock-less transposition table implementation for parallel search",
// ICGA Journal 25(1), 2002.)
struct recent_ids::entry {
  std::atomic<std::uint64_t> check;
  std::atomic<std::uint64_t> time;
};

recent_ids::recent_ids(std::size_t slots)
    : mask_{std::bit_ceil(std::max<std::size_t>(slots, 2)) - 1}, entries_{new entry[mask_ + 1]} {
  for (std::size_t slot = 0; slot <= mask_; ++slot) {
    // A key that belongs to the neighbouring slot can never be looked up here: empty.
    entries_[slot].check.store(slot ^ 1, std::memory_order_relaxed);
    entries_[slot].time.store(0, std::memory_order_relaxed);
  }
}

recent_ids::~recent_ids() = default;

bool recent_ids::restamped(const uuid& id, timestamp at) noexcept {
  auto const key = hash_of(id);
  auto const time = static_cast<std::uint64_t>(at.time_since_epoch().count());
  auto& slot = entries_[key & mask_];
  auto const seen_time = slot.time.load(std::memory_order_relaxed);
  auto const seen_key = slot.check.load(std::memory_order_relaxed) ^ seen_time;
  if (seen_key == key && seen_time == time) return false;
  slot.check.store(key ^ time, std::memory_order_relaxed);
  slot.time.store(time, std::memory_order_relaxed);
  return seen_key == key;
}

}  // namespace td
