#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td::bench {

/// A stretch of a load whose rate moves evenly from `from` to `to` events per second (all
/// producers together; equal: constant; 0: silence).
struct rate_piece {
  double from{};
  double to{};
  std::chrono::milliseconds during{};

  bool operator==(const rate_piece&) const = default;
};

/// So many events at once, every so often, on top of the pieces. The first after one interval.
struct burst_rule {
  std::uint64_t events{};
  std::chrono::milliseconds every{};

  bool operator==(const burst_rule&) const = default;
};

/// What an open-loop load does over time. Plain data.
struct load_profile {
  std::vector<rate_piece> pieces{};
  std::optional<burst_rule> bursts{};

  std::chrono::milliseconds duration() const noexcept;
  std::uint64_t events() const noexcept;  ///< due within the duration, bursts included
  double highest_rate() const noexcept;   ///< of the pieces

  bool operator==(const load_profile&) const = default;
};

/// Reads what a person writes, pieces separated by commas:
///   20000/s 60s                            constant
///   1k/s..50k/s 2m                         a ramp
///   steps 5k/s..30k/s by 5k/s each 20s     a stair, both ends included
///   10k/s 60s + 2000 every 5s              with bursts (once, at the end)
/// configuration_invalid: what is wrong and where, with an example of what is right.
result<load_profile> parse_profile(std::string_view text);

/// The same form back.
std::string to_text(const load_profile& profile);

}  // namespace td::bench
