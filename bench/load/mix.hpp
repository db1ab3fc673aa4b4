#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"

namespace td::bench {

inline constexpr std::size_t smallest_event = 350;      ///< bytes; the bare form
inline constexpr std::size_t largest_event = 1u << 20;  ///< events.max_body_bytes, its default

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
  unsigned duplicate{};     ///< an earlier event once more, byte for byte: stored once
  unsigned out_of_order{};  ///< occurred up to `late_by_seconds` before they are sent
  unsigned late_by_seconds{3600};

  bool operator==(const event_mix&) const = default;
};

/// "350", or "350:90,4096:9,65536:1". configuration_invalid: what is wrong, with an example.
result<std::vector<size_share>> parse_sizes(std::string_view text);

/// The same form back.
std::string to_text(const std::vector<size_share>& sizes);

/// configuration_invalid: shares that can't be, with the reason.
result<void> check_mix(const event_mix& mix);

/// Deals places in given proportions, as evenly as it can be done: of any run of as many turns as
/// there are parts each place gets exactly its parts (smooth weighted round-robin, as nginx deals
/// requests). One thread.
class dealer {
 public:
  explicit dealer(std::vector<unsigned> parts);

  /// The place whose turn it is.
  std::size_t next() noexcept;

 private:
  std::vector<std::int64_t> parts_;
  std::vector<std::int64_t> credit_;
  std::int64_t whole_{};
};

}  // namespace td::bench
