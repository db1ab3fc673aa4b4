#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/batch.hpp"
#include "storage/copy_encoder.hpp"

namespace td {

/// Whether a partition can hold this time: the years 1 to 9999.
bool storable(timestamp occurred_at) noexcept;

/// The events of a batch in the order in which every store writes: by day, event id, time, and
/// then as they came. One order for all writers means that two of them with the same events wait
/// for each other but never deadlock. Indices are sorted, not rows; memory is reused. One thread.
class write_order {
 public:
  void sort(const checked_batch& b);

  /// Indices into the batch's `events`, in writing order, of those with storable times.
  std::span<const std::uint32_t> events() const noexcept { return order_; }

  /// The others: their times are not storable.
  std::span<const std::uint32_t> unstorable() const noexcept { return unstorable_; }

  /// Whether two events share (event_id, occurred_at).
  bool repeats() const noexcept { return repeats_; }

  timestamp first_occurred_at() const noexcept { return first_; }  ///< epoch when there is none
  timestamp last_occurred_at() const noexcept { return last_; }

  /// The days of the events, sorted, each once.
  std::vector<std::chrono::sys_days> days(const checked_batch& b) const;

 private:
  struct key {
    std::uint64_t id_head;
    std::int32_t day;
    std::uint32_t event;
  };
  std::vector<key> keys_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> unstorable_;
  timestamp first_{};
  timestamp last_{};
  bool repeats_{};
};

/// Where a row goes decides its form.
enum class row_form : std::uint8_t {
  direct,  ///< straight into events_mirror
  staged,  ///< into mirror_incoming: a rank in front
  raw,     ///< into mirror_raw: a rank in front, all text as bytea, so that COPY refuses none
};

/// The columns of each form in order, for COPY statements.
inline constexpr const char* mirror_columns =
    "event_id, trace_id, occurred_at, received_at, batch_id, batch_index, schema_version, kind, "
    "source, topic, payload";

/// Appends the row of one event. `rank`: its place in the writing order.
void encode_event(copy_encoder& out, row_form form, const checked_batch& b, std::uint32_t event,
                  std::int64_t batch_id, std::size_t rank);

}  // namespace td
