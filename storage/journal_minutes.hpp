#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"

namespace td {

namespace pg {
class session;
}

/// What was committed in one step of time. Deliveries, as the journal counts them.
struct journal_count {
  timestamp from{};  ///< of the commit, included; the next step's is excluded
  std::int64_t batches{};
  std::int64_t stored{};
  std::int64_t duplicate{};
  std::int64_t dead_lettered{};

  bool operator==(const journal_count&) const = default;
};

/// Most steps of one answer.
inline constexpr std::int64_t most_journal_steps = 2000;

/// What was committed in [since, before), both widened to whole steps, which are counted from 1970;
/// oldest first; steps without a commit are left out. Exact up to the last commit: it reads the
/// sums of the minutes, and the journal from where they end. configuration_invalid: `step` is less
/// than a minute, the time is empty, or it has more than most_journal_steps steps. Any code of
/// sqlstate_table().
result<std::vector<journal_count>> journal_counts(pg::session& session, timestamp since,
                                                  timestamp before, std::chrono::minutes step);

/// Adds what the journal has behind the sums to them, at most `most` batches; returns how many.
/// Exact whoever else does it, or reads, at the same time. Any code of sqlstate_table().
result<std::int64_t> sum_up_journal(pg::session& session, std::int64_t most);

}  // namespace td
