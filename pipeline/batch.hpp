#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// A piece of a batch's arena. Plain data.
struct slice {
  std::uint32_t offset{};
  std::uint32_t size{};
};

/// Where a batch came from, and through which connection. A verdict of another epoch is dropped:
/// the packets it would acknowledge belong to a connection that is gone.
struct origin {
  std::int32_t lane{-1};   ///< slot number; -1 for the HTTP entrance
  std::uint64_t epoch{};   ///< counts the lane's connections, from 1
  std::uint64_t number{};  ///< counts the batches of this epoch, from 1

  bool operator==(const origin&) const = default;
};

/// One message as it was delivered. Slices refer to the batch's arena.
struct message {
  slice topic;
  slice body;
  timestamp received_at{};
  bool retained{};     ///< published with the retain flag
  bool redelivered{};  ///< the broker set DUP
};

/// A burst of messages in one byte arena. Filled by one thread, then shared as
/// `shared_ptr<const batch>` and never changed again. After the last body the arena always has
/// `arena_padding` readable bytes, so that simdjson may parse bodies in place.
class batch {
 public:
  static constexpr std::size_t arena_padding = 64;  // >= simdjson::SIMDJSON_PADDING

  /// Forgets the content and the origin, and keeps the memory.
  void clear() noexcept;

  /// Copies a message into the arena. The arena may not pass 4 GiB - padding: std::length_error,
  /// nothing added; the caller's batch bounds keep it far below.
  void add(std::string_view topic, std::string_view body, timestamp received_at,
           bool retained = false, bool redelivered = false);

  std::span<const message> messages() const noexcept { return messages_; }
  std::size_t size() const noexcept { return messages_.size(); }
  bool empty() const noexcept { return messages_.empty(); }
  std::size_t bytes() const noexcept { return used_; }  ///< topics and bodies, without padding

  std::string_view text(slice s) const noexcept { return {arena_.data() + s.offset, s.size}; }
  std::string_view topic(const message& m) const noexcept { return text(m.topic); }
  std::string_view body(const message& m) const noexcept { return text(m.body); }

  origin from{};

  /// When its lane stops waiting for the verdict: written later it would only come again.
  std::chrono::steady_clock::time_point expires = std::chrono::steady_clock::time_point::max();

 private:
  std::vector<char> arena_;
  std::size_t used_{};
  std::vector<message> messages_;
};

/// An event that may be stored. `kind` and `source` refer to `checked_batch::text`, `payload` and
/// the topic to the raw batch's arena.
struct event {
  std::uint32_t message{};  ///< index into the raw batch
  uuid event_id{};
  uuid trace_id{};
  timestamp occurred_at{};
  slice kind{};
  slice source{};
  slice payload{};                ///< the JSON object's own bytes, valid UTF-8 JSON
  std::int32_t schema_version{};  ///< 0 where the producer named none
};

/// An event that may not, and why (`why.code` has disposition dead_letter).
struct rejected {
  std::uint32_t message{};   ///< index into the raw batch
  std::string_view stage{};  ///< "topic", "scan", "envelope", "schema", "mirror"; static storage
  failure why{};
  std::optional<event> sound{};  ///< what the envelope says, from stage "schema" on; then
                                 ///< `sound->schema_version` is that of the schema that judged
};

/// A batch after validation: each message of `raw` is in exactly one of `events` and `rejects`,
/// both in message order.
struct checked_batch {
  std::shared_ptr<const batch> raw{};
  std::string text{};
  std::vector<event> events{};
  std::vector<rejected> rejects{};

  std::string_view kind(const event& e) const noexcept { return piece(e.kind); }
  std::string_view source(const event& e) const noexcept { return piece(e.source); }
  std::string_view payload(const event& e) const noexcept { return raw->text(e.payload); }
  std::string_view topic(const event& e) const noexcept {
    return raw->topic(raw->messages()[e.message]);
  }

 private:
  std::string_view piece(slice s) const noexcept { return {text.data() + s.offset, s.size}; }
};

/// What was committed for a batch; the licence to acknowledge it.
/// stored + duplicate + dead_lettered = the batch's messages.
struct verdict {
  origin of{};
  std::int64_t position{};  ///< place in the journal of batches
  std::uint32_t stored{};
  std::uint32_t duplicate{};
  std::uint32_t dead_lettered{};
  std::uint32_t payload_conflicts{};  ///< duplicates whose stored content differs
  timestamp committed_at{};
  /// How long COMMIT took, by the database's clock: from the stamp `committed_at` to its end.
  std::chrono::microseconds commit_took{};

  std::uint32_t total() const noexcept { return stored + duplicate + dead_lettered; }
};

/// When a batch is full. Reading goes on until nothing more is there or a bound is met; a single
/// message over `bytes` still travels, alone.
struct batch_limits {
  std::size_t events{4000};
  std::size_t bytes{4u << 20};
};

}  // namespace td
