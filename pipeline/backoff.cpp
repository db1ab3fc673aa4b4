#include "pipeline/backoff.hpp"

#include <algorithm>
#include <limits>

namespace td {

backoff::backoff(milliseconds base, milliseconds cap, std::uint64_t seed)
    : base_{std::max(base, milliseconds{0})}, cap_{std::max(cap, base_)}, random_{seed} {}

backoff::milliseconds backoff::next() {
  // base * 2^failures, held at the cap before it can overflow.
  auto ceiling = base_.count();
  for (auto doubled = failures_; doubled > 0 && ceiling > 0 && ceiling < cap_.count(); --doubled) {
    ceiling = ceiling > cap_.count() / 2 ? cap_.count() : ceiling * 2;
  }
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  std::uniform_int_distribution<milliseconds::rep> pick{ceiling / 2, ceiling};
  return milliseconds{pick(random_)};
}

}  // namespace td
