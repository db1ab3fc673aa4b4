#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "storage/event_search.hpp"

namespace td {

enum class delivery_state : std::uint8_t {
  waiting,        ///< the consumer has not come so far
  retrying,       ///< it failed and will be tried again
  dead_lettered,  ///< it failed for good; a person can replay it
  delivered,
};
std::string_view name_of(delivery_state state) noexcept;  ///< "dead_lettered"

/// What became of an event with one consumer that wants it.
struct journey_delivery {
  std::string consumer{};
  delivery_state state{delivery_state::waiting};
  std::uint32_t attempts{};  ///< failed ones, while it is retried or given up
  std::string code{};        ///< an errc's name: why the last one failed
  std::optional<timestamp> next_attempt{};
};

/// One event's way: occurred at its producer, received by a lane, committed, delivered.
struct journey_stage {
  found_event event{};  ///< `place` is empty
  /// Of its batch; absent where the journal's row was pruned.
  std::optional<std::int64_t> position{};
  std::optional<std::int32_t> lane{};  ///< slot; -1: the HTTP entrance
  std::optional<timestamp> committed_at{};
  std::vector<journey_delivery> deliveries{};  ///< by name of the consumer
};

struct journey {
  std::vector<journey_stage> stages{};  ///< in order of time of occurrence
  bool more{};                          ///< the trace has more events than were asked for
};

/// The way of every event of a trace, the first `most` of them. Empty when no event has it. One
/// snapshot. configuration_invalid: `most` is not 1 to most_events_a_page; any code of
/// sqlstate_table().
result<journey> journey_of(pg::session& session, const uuid& trace_id, std::size_t most = 200);

}  // namespace td
