#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace td {

/// How often, and how late, something that failed is tried again.
struct retry_rule {
  std::chrono::milliseconds base{1000};  ///< before the first retry; doubled by each further one
  std::chrono::milliseconds cap{std::chrono::minutes{10}};
  std::uint32_t attempts{12};  ///< in all, the first included; then it is for a person

  /// The delay after the `failed`-th failed attempt (from 1), uniform in the upper half of
  /// base * 2^(failed - 1), held at the cap; absent when the budget is spent. `seed` spreads the
  /// retries of events that failed together; equal seeds give equal delays.
  std::optional<std::chrono::milliseconds> delay_after(std::uint32_t failed,
                                                       std::uint64_t seed) const;
};

}  // namespace td
