#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

#include "bench/truth.hpp"
#include "pipeline/result.hpp"
#include "storage/pg.hpp"

namespace td::bench {

/// What a database is like before anything has been done to it.
struct database_state {
  bool has_lanes_table{};
  bool holds_events{};  ///< or dead letters; a table that is not there holds none
  /// Its clock against ours, by the middle of the shortest of several round trips.
  std::chrono::microseconds clock_ahead{};
};

/// Looks, and changes nothing. The codes of a session.
result<database_state> look_at_database(const std::string& url);

/// The end of a steady load that was cut: so many events, due at equal distances up to the end of
/// what is looked at.
struct unsent_events {
  std::uint64_t number{};
  double rate{};
  timestamp cut_at{};
};

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

  /// From due (see due_in) to the stamp just before COMMIT, of the events that were due in [from,
  /// to) and decided since `mark`, dead letters included. What is `left` counts with the time that
  /// it had waited when the load was cut: at least so long. `events` are the decided ones alone;
  /// all zero when there are none of either.
  result<commit_latency> latency(timestamp from, timestamp to, const unsent_events& left = {});

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
