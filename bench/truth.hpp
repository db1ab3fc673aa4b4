#pragma once

#include <cstdint>
#include <string>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "storage/pg.hpp"

namespace td::bench {

/// What a run has left in PostgreSQL.
struct stored_truth {
  std::uint64_t rows{};        ///< of events_mirror
  std::uint64_t id_sum{};      ///< see event_writer
  std::uint64_t journalled{};  ///< events stored, as the journal of batches adds up
  std::uint64_t duplicates{};  ///< delivered more than once, stored once
  std::uint64_t dead_letters{};
  std::uint64_t batches{};
  timestamp first_occurred{};  ///< of all rows: without a rate, when the first was published
  timestamp first_received{};  ///< of all rows: when the consumer got the first
  timestamp last_committed{};  ///< of all batches
};

/// How long events took from `occurred_at` to their batch's `committed_at`, which is stamped by the
/// batch's last statement, just before COMMIT.
struct commit_latency {
  double p50_ms{};
  double p99_ms{};
  double p999_ms{};
  double most_ms{};
};

/// Reads what is in the tables: the only source of every count and rate that the bench reports.
/// One thread.
class truth_reader {
 public:
  static result<truth_reader> open(const std::string& database_url);

  /// How many events have been decided (stored or dead-lettered), from the journal: cheap enough
  /// to be asked during a run.
  result<std::uint64_t> decided();

  /// How many rows there are, and the server's clock when it said so: for who keeps no journal.
  /// Reads the whole index, so not too often.
  struct seen_rows {
    std::uint64_t rows{};
    timestamp at{};
  };
  result<seen_rows> rows_now();

  /// Reads every row: for after a run.
  result<stored_truth> read();
  result<commit_latency> latency();

  result<std::string> server_version();

 private:
  explicit truth_reader(pg::session session) : session_{std::move(session)} {}

  pg::session session_;
};

/// success when the tables hold exactly `published` events with exactly these ids, and nothing
/// else. accounting_mismatch: they don't.
result<void> check_exact(const stored_truth& found, std::uint64_t published, std::uint64_t id_sum);

}  // namespace td::bench
