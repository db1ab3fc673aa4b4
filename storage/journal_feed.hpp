#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "storage/event_search.hpp"

namespace td {

/// Behind which event of the journal a reader is.
struct feed_place {
  static constexpr std::int32_t whole_batch = std::numeric_limits<std::int32_t>::max();

  std::int64_t position{};
  std::int32_t batch_index{whole_batch};

  auto operator<=>(const feed_place&) const = default;
};

/// "1234-7", or "1234" behind the whole batch: fit for an event's id in a stream; and back. Absent:
/// it is none.
std::string to_string(const feed_place& place);
std::optional<feed_place> parse_feed_place(std::string_view text) noexcept;

/// What the journal has behind a place, in order of (position, batch_index).
struct feed_page {
  std::vector<found_event> events{};  ///< `place` is the text of each one's feed_place
  feed_place reached{};               ///< everything up to here was looked at
  std::int64_t last_position{};       ///< of the journal; less than asked for: it went back
  std::int64_t pruned{};              ///< batches behind `from` that retention took before
  bool more{};                        ///< there is something behind `reached`
};

/// At most `most` events behind `from`, of as many batches as hold them; never one twice, none left
/// out: positions appear in commit order and without gaps. configuration_invalid: `most` is not 1
/// to most_events_a_page. Any other code of sqlstate_table().
result<feed_page> read_feed(pg::session& session, feed_place from, std::size_t most);

/// The newest position: where a reader begins that wants only what comes. 0: nothing was stored.
result<std::int64_t> newest_position(pg::session& session);

}  // namespace td
