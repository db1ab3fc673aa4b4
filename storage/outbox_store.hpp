#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/own_event.hpp"
#include "pipeline/result.hpp"
#include "storage/stores.hpp"

namespace td {

namespace pg {
class session;
}

/// A row of the outbox that wants to be published.
struct outbox_row {
  std::int64_t id{};
  std::string topic{};
  std::string body{};        ///< the envelope; the same bytes each time
  std::uint32_t attempts{};  ///< how often it was published before
};

/// An event of ours that the pipeline has refused.
struct outbox_refusal {
  std::int64_t id{};
  std::string kind{};
  std::string letter{};  ///< id of the dead letter
  std::string code{};
  std::string detail{};
};

/// How things stand.
struct outbox_state {
  std::uint64_t pending{};             ///< not published, or not seen since
  std::uint64_t published{};           ///< acknowledged by the broker, not yet seen
  std::chrono::microseconds oldest{};  ///< age of the oldest of both; 0: none
  std::uint64_t dead_letters{};        ///< refused, and the dead letter still waits for a person
};

/// What was put into the outbox, for the one who publishes it.
///
///   pending -> published (PUBACK) -> confirmed (its row is in the mirror)
///      ^           |           `---> dead_lettered -> confirmed, once it was replayed
///      `-----------' not seen in time
class outbox_store : public store {
 public:
  /// Puts an event into the outbox, as part of the caller's open transaction: it is published if,
  /// and only after, that commits. Writers of one entity must have locked it (its row, say), or its
  /// events may change places. Wakes the publisher at COMMIT. Errors: those of the statement;
  /// internal: the same event was put before.
  static result<void> put(pg::session& session, const own_event& event);

  /// Tries to become the one who publishes (advisory lock); false while another is. Ends with the
  /// connection.
  virtual result<bool> lead() = 0;

  /// At most `most` rows, oldest first, of each entity only the oldest that is not confirmed.
  /// lease_lost: not the leader.
  virtual result<std::vector<outbox_row>> next(std::size_t most) = 0;

  /// The broker has them.
  virtual result<void> mark_published(std::span<const std::int64_t> ids) = 0;

  /// The broker takes a row under no circumstances: it becomes a dead letter of stage "outbox",
  /// which a person can replay past the broker.
  virtual result<outbox_refusal> refuse(std::int64_t id, const failure& why) = 0;

  struct settled {
    std::uint64_t confirmed{};
    std::uint64_t waiting{};     ///< still published and not seen
    std::uint64_t to_be_sent{};  ///< of those, not seen in time: pending again
    std::vector<outbox_refusal> refused{};
  };

  /// Looks which of the published ones have come through, by key; nothing is read while the journal
  /// has not moved since the last look. What has not been seen `within` its PUBACK becomes pending
  /// again, after each further PUBACK twice as long, up to 64 times.
  virtual result<settled> settle(std::chrono::milliseconds within) = 0;

  virtual result<outbox_state> look() = 0;

  struct tidied {
    std::uint64_t replayed{};  ///< refused once, in the mirror now
    std::uint64_t pruned{};
  };

  /// Confirms what a person has replayed, and deletes what was settled before `keep`: a refused one
  /// once its dead letter is gone or dealt with.
  virtual result<tidied> tidy(std::chrono::seconds keep) = 0;

  /// Sleeps until something is put into the outbox or the time is over; true: something was.
  /// stopping, database_away.
  virtual result<bool> wait(std::chrono::milliseconds limit) = 0;
};

result<std::unique_ptr<outbox_store>> open_outbox_store(const database_options& options);

}  // namespace td
