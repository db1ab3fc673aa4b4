#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

#include "bench/truth.hpp"
#include "pipeline/result.hpp"
#include "storage/pg.hpp"

namespace td::bench {

/// What the database says while a load is running, cheaply enough to be asked five times a second.
/// One thread.
class store_view {
 public:
  /// database_refused, database_away, configuration_invalid: as a session's.
  static result<store_view> open(const std::string& url);

  /// Reads what the journal of batches has got since the last call.
  result<void> follow();

  /// Events decided (stored, duplicate, dead-lettered) that `follow` has seen.
  std::uint64_t decided() const noexcept { return decided_; }

  /// From here on `latency` looks at what is committed later.
  void mark() noexcept { first_batch_ = 0; }

  /// From occurred_at to commit, of the events that occurred in [from, to) and were committed since
  /// `mark`. All zero when there are none.
  result<commit_latency> latency(timestamp from, timestamp to);

  /// Whether it holds events or dead letters.
  result<bool> holds_events();

  /// Makes it forget all events, dead letters and batches. Only for an instance of our own.
  result<void> forget();

  result<double> wal_bytes();     ///< written since the cluster was made
  result<double> stored_bytes();  ///< of events, dead letters and journal, with indexes

  /// The server's main process; absent when it is not on this machine.
  std::optional<pid_t> local_server();

  result<std::string> server_version();

 private:
  explicit store_view(pg::session session) : session_{std::move(session)} {}

  pg::session session_;
  std::int64_t position_{};
  std::uint64_t decided_{};
  std::int64_t first_batch_{};  ///< since `mark`; 0: none yet
  std::int64_t last_batch_{};
};

}  // namespace td::bench
