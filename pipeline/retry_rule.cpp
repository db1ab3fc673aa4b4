#include "pipeline/retry_rule.hpp"

#include <algorithm>
#include <random>

namespace td {

std::optional<std::chrono::milliseconds> retry_rule::delay_after(std::uint32_t failed,
                                                                 std::uint64_t seed) const {
  if (failed >= attempts) return std::nullopt;
  auto ceiling = std::min(base, cap);
  for (auto doublings = std::max(failed, 1u) - 1; doublings > 0 && ceiling < cap; --doublings)
    ceiling = ceiling > cap / 2 ? cap : ceiling * 2;
  std::mt19937_64 random{seed ^ (std::uint64_t{failed} * 0x9e3779b97f4a7c15)};
  std::uniform_int_distribution<std::chrono::milliseconds::rep> pick{ceiling.count() / 2,
                                                                     ceiling.count()};
  return std::chrono::milliseconds{pick(random)};
}

}  // namespace td
