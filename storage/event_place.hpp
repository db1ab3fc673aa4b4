#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// An event's place among those of closed days: in order of time.
struct place_in_time {
  timestamp occurred_at{};
  uuid event_id{};

  bool operator==(const place_in_time&) const = default;
};

/// An event's place among those that are read along the journal.
struct place_in_journal {
  std::int64_t position{};
  std::int32_t batch_index{};

  bool operator==(const place_in_journal&) const = default;
};

/// Where a page of a search ended. `line`: events from this day on are read along the journal, in
/// all pages of one search.
struct event_place {
  std::chrono::sys_days line{};
  std::variant<place_in_time, place_in_journal> at{};

  bool operator==(const event_place&) const = default;
};

/// One word of letters, digits and hyphens; and back. Absent: it is no such word.
std::string to_string(const event_place& place);
std::optional<event_place> parse_event_place(std::string_view text) noexcept;

}  // namespace td
