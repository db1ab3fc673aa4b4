#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/retry_rule.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "storage/stores.hpp"

namespace td {

/// Who follows the journal of batches, and what of it.
struct consumer_options {
  std::string name{};                ///< `[a-z][a-z0-9_.-]*`, at most 63 bytes
  std::string topic_prefix{};        ///< only these topics; empty: all
  std::vector<std::string> kinds{};  ///< only these; empty: all
  bool from_the_start{};  ///< a new consumer begins at the oldest event, not behind the newest
  retry_rule retries{};
};

/// One event on its way to a consumer.
struct delivery {
  uuid event_id{};
  timestamp occurred_at{};
  std::string topic{};
  std::string event{};       ///< the native envelope, JSON
  std::uint32_t attempts{};  ///< that have failed so far
};

/// A stretch of the journal. Settling it moves the consumer to (position, batch_index).
struct journal_stretch {
  std::vector<delivery> events{};  ///< in the order of the journal; those of other topics left out
  std::int64_t position{};
  std::int32_t batch_index{-1};
  std::int64_t pruned{};  ///< batches that retention took before the consumer saw them
  bool moved{};           ///< there is something behind the consumer's position, for it or not
};

/// What a consumer said of one delivery.
struct delivery_failure {
  std::size_t index{};  ///< of the delivery
  failure why{};
  bool final{};  ///< another attempt can't help: a dead letter at once
};

/// A consumer's place in the journal, and the deliveries that wait for another attempt. One store
/// per consumer. At least once: what was handed out and not settled comes again. A lease (advisory
/// lock of this store's connection) sees to it that one node at a time does this: whoever loses the
/// connection has lost the lease, and can't settle any more.
class consumer_store : public store {
 public:
  /// Tries to take the lease; false while another has it. Makes the consumer where it is new;
  /// whoever gets the lease writes its filters down.
  virtual result<bool> lead() = 0;

  /// What stands behind the consumer's position: whole batches, or a part of one, of at most `most`
  /// events. Empty and not `moved`: nothing yet. lease_lost: call `lead`.
  virtual result<journal_stretch> next(std::size_t most) = 0;

  /// One transaction: the position moves behind the stretch; failed deliveries wait for their next
  /// attempt, or are dead letters (stage "consumer") once the budget is spent or `final`.
  virtual result<void> settle(const journal_stretch& stretch,
                              std::span<const delivery_failure> failed) = 0;

  /// Deliveries whose time has come, the longest waiting first.
  virtual result<std::vector<delivery>> due(std::size_t most) = 0;

  /// One transaction: what is not in `failed` is done and forgotten; the rest waits again, or is
  /// dead-lettered.
  virtual result<void> settle_due(std::span<const delivery> done,
                                  std::span<const delivery_failure> failed) = 0;

  /// How many deliveries wait, counted up to `most`.
  virtual result<std::uint64_t> waiting(std::uint64_t most) = 0;

  /// When the next delivery is due, from now (0: it is); absent when none waits.
  virtual result<std::optional<std::chrono::milliseconds>> due_in() = 0;
};

result<std::unique_ptr<consumer_store>> open_consumer_store(const database_options& options,
                                                            consumer_options consumer);

}  // namespace td
