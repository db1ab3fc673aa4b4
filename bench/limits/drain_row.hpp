#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "bench/load/event_form.hpp"
#include "pipeline/time.hpp"

namespace td::bench {

/// A row of events_mirror in COPY's binary format, made from one event of `event_form`: cut out at
/// fixed places, nothing checked. Every event has the same form, so every row has the same size.
struct drain_row {
  static constexpr std::size_t size = 2 + 11 * 4 + 16 + 16 + 8 + 8 + 8 + 4 + event_form::kind.size +
                                      event_form::source.size + event_form::topic.size() + 1 +
                                      event_form::payload.size;
  char bytes[size];

  drain_row() noexcept {}  // not zeroed

  /// What the consumer adds to an event.
  struct place {
    timestamp received_at;
    std::int64_t batch_id;
    std::int32_t batch_index;
  };

  /// Both must have the form's sizes. Returns when the event occurred.
  timestamp cut(std::string_view body, std::string_view topic, const place& at) noexcept;

  /// The first half of the event id as a number that sorts as PostgreSQL sorts ids.
  std::uint64_t id_head() const noexcept {
    std::uint64_t head;
    std::memcpy(&head, bytes + 2 + 4, sizeof head);
    return __builtin_bswap64(head);
  }
};

}  // namespace td::bench
