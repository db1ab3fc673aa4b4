#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"
#include "storage/sha256.hpp"
#include "storage/stores.hpp"

namespace td {

/// A row of the mirror as a reader sees it. Views live until the visitor returns.
struct stored_event {
  uuid event_id{};
  uuid trace_id{};
  timestamp occurred_at{};
  std::int32_t schema_version{};  ///< 0 where there is none
  std::string_view kind{};
  std::string_view source{};
  std::string_view topic{};
  std::string_view payload{};  ///< jsonb as PostgreSQL writes it
};

/// A row of the dead-letter store. Views live until the visitor returns.
struct stored_dead_letter {
  std::string_view topic{};
  std::string_view raw{};  ///< the bytes as they were published
  std::string_view code{};
  std::optional<uuid> event_id{};  ///< where the envelope was sound
  std::int32_t attempts{};
};

/// What the journal of batches says, summed up.
struct journal_totals {
  std::int64_t batches{};
  std::int64_t last_position{};  ///< 0: no batch. Equal to `batches` while nothing was pruned
  std::int64_t stored{};
  std::int64_t duplicate{};
  std::int64_t dead_lettered{};
  std::chrono::microseconds longest_pause{};  ///< between one commit and the next
};

/// Reads back what was stored, to hold it against what was published. It writes nothing and knows
/// nothing of how rows came to be. One connection, one thread at a time; database_away: `reconnect`
/// and ask again.
class mirror_audit : public store {
 public:
  /// What was committed behind a position of the journal.
  struct news {
    std::int64_t position{};                     ///< read up to here
    std::int64_t last_position{};                ///< there is; less than asked for: it went back
    std::vector<uuid> events{};                  ///< event_id of each row
    std::vector<sha256::digest> dead_letters{};  ///< delivery_hash of each row
    std::int64_t duplicate{};                    ///< deliveries, as the journal counts them
    std::int64_t dead_lettered{};                ///< deliveries, first and further ones
  };

  /// Rows of at most `most` batches behind `position`, in commit order. A row may come again in a
  /// later answer, none is left out: positions appear in commit order and without gaps.
  virtual result<news> follow(std::int64_t position, std::size_t most) = 0;

  /// Shows every row there is, of both tables, and the journal, all in one snapshot. Rows are read
  /// from the tables themselves, not through an index, so that a row that only an index hides (or
  /// doubles) is seen.
  using event_visitor = std::function<void(const stored_event&)>;
  using dead_letter_visitor = std::function<void(const stored_dead_letter&)>;
  virtual result<journal_totals> read_all(const event_visitor& event,
                                          const dead_letter_visitor& dead_letter) = 0;

  /// Processes of the server that work for sessions with this application name (PostgreSQL shows
  /// each role its own).
  virtual result<std::vector<pid_t>> backends(std::string_view application_name) = 0;
};

/// configuration_invalid, database_away.
result<std::unique_ptr<mirror_audit>> open_mirror_audit(const database_options& options);

}  // namespace td
