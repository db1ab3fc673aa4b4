#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace td {

/// Exponential backoff with full jitter in its upper half: delay n is uniform in
/// [base*2^n / 2, base*2^n], base*2^n never above the cap. ("Exponential Backoff And Jitter", AWS
/// Architecture Blog 2015, the variant called equal jitter.) One thread. Seeded, so that tests can
/// repeat it.
class backoff {
 public:
  using milliseconds = std::chrono::milliseconds;

  backoff(milliseconds base, milliseconds cap, std::uint64_t seed);

  /// The delay before the next attempt; each call counts one more failure.
  milliseconds next();

  /// After success: the next delay is `base` again.
  void reset() noexcept { failures_ = 0; }

  std::uint32_t failures() const noexcept { return failures_; }

 private:
  milliseconds base_;
  milliseconds cap_;
  std::mt19937_64 random_;
  std::uint32_t failures_{};
};

}  // namespace td
