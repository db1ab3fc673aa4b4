#pragma once

#include <cstdint>

namespace td::verify {

/// Numbers from a seed, the same on every machine and compiler (the standard's distributions are
/// not). SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
/// Plain data; one thread.
class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : state_{seed} {}

  /// A stream of its own for each (seed, number).
  dice(std::uint64_t seed, std::uint64_t number) noexcept : state_{seed} {
    state_ = next() ^ (number * 0x9e3779b97f4a7c15u);
    next();
  }

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// 0 to `bound` - 1; `bound` above 0. (The bias of the remainder is below bound / 2^64.)
  std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

  /// True `per_mille` times in a thousand.
  bool chance(std::uint64_t per_mille) noexcept { return below(1000) < per_mille; }

 private:
  std::uint64_t state_;
};

}  // namespace td::verify
