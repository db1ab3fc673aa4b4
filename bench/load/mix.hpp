#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td::bench {

/// Of the events, so many parts are this large.
struct size_share {
  std::size_t bytes{};  ///< of the whole body; 350 or more
  unsigned parts{1};

  bool operator==(const size_share&) const = default;
};

/// What is published. Shares are per cent of the events sent, spread evenly, and each event is at
/// most one of the three.
struct event_mix {
  std::vector<size_share> sizes{{350, 1}};
  unsigned invalid{};       ///< break their schema: dead letters
  unsigned duplicate{};     ///< an earlier event once more, id and time the same: stored once
  unsigned out_of_order{};  ///< occurred up to `late_by` before they are sent
  unsigned late_by_seconds{3600};

  bool operator==(const event_mix&) const = default;
};

/// "350", or "350:90,4096:9,65536:1". configuration_invalid: what is wrong, with an example.
result<std::vector<size_share>> parse_sizes(std::string_view text);

}  // namespace td::bench
