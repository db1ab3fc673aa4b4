#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/batch.hpp"
#include "storage/copy_encoder.hpp"
#include "storage/sha256.hpp"

namespace td {

/// What names a dead letter: SHA-256(topic || 0x00 || raw).
sha256::digest delivery_hash(sha256& hasher, std::string_view topic, std::string_view raw);

/// A text fit for a text column: bytes that are no UTF-8, and NUL, become U+FFFD; what lies past
/// `max_bytes` is cut off.
std::string storable_text(std::string_view text, std::size_t max_bytes);

/// What makes two failures one group.
struct fault_place {
  std::string_view stage{};
  errc code{};
  std::string_view about{};    ///< the schema that was broken ("task_updated 2"), or the consumer
  std::string_view pointer{};  ///< RFC 6901
};

/// Groups dead letters that failed for the same reason at the same place: 16 hex digits over stage,
/// code, what it is about and the pointer with array indices blotted out.
std::string fingerprint_of(sha256& hasher, const fault_place& at);

/// The dead letters of one batch: what validation rejected and what the database refused. Equal
/// deliveries within a batch are one row; rows are sorted by hash, so that two writers with the
/// same rows don't deadlock. Memory is reused. One thread.
class dead_letter_rows {
 public:
  /// Begins a batch, which must live until the last `encode`.
  void start(const checked_batch& b);

  /// An event (index into the batch's `events`) that the database refused, at stage "mirror".
  void refuse(std::uint32_t event, failure why);
  void forget_refused();  ///< another attempt begins

  std::size_t messages() const noexcept;  ///< of the batch that are dead letters
  bool empty() const noexcept { return messages() == 0; }

  /// Sorts and merges; returns the number of rows.
  std::size_t settle();

  /// Appends row `i` with the columns below.
  void encode(copy_encoder& out, std::size_t i);

  static constexpr const char* columns =
      "delivery_hash, attempts, stage, code, detail, pointer, fingerprint, topic, schema_version, "
      "event_id, "
      "occurred_at, kind, source, raw";

 private:
  struct letter {
    sha256::digest hash{};
    std::uint32_t message{};
    std::int32_t attempts{1};
    const event* sound{};  ///< null: the envelope is not sound
    std::string_view stage{};
    const failure* why{};
  };
  letter make(std::uint32_t message, std::string_view stage, const failure& why);

  sha256 hasher_;
  const checked_batch* batch_{};
  std::vector<letter> rejected_;  ///< hashed once per batch
  std::vector<letter> refused_;
  std::vector<letter> rows_;
  std::deque<failure> reasons_;  ///< of the refused; addresses stay
};

}  // namespace td
