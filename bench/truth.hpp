#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

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
  timestamp first_occurred{};       ///< of all rows: without a rate, when the first was published
  timestamp first_received{};       ///< of all rows: when the consumer got the first
  timestamp last_committed{};       ///< of all batches
  std::uint64_t dead_id_sum{};      ///< of the dead letters, see event_writer
  std::uint64_t dead_journalled{};  ///< dead letters, as the journal adds up; repetitions too
};

/// How long events took from `occurred_at` to their batch's `committed_at`, which is stamped by the
/// batch's last statement, just before COMMIT.
struct commit_latency {
  double p50_ms{};
  double p99_ms{};
  double p999_ms{};
  double most_ms{};
  std::uint64_t events{};  ///< of how many
};

/// From one moment up to, but without, another.
struct time_span {
  timestamp from{};
  timestamp to{};

  bool operator==(const time_span&) const = default;
};

/// The latency of the events that were due within one step of a series.
struct latency_step {
  timestamp at{};  ///< the step's begin
  commit_latency latency{};
};

/// How far the journal of batches has come.
struct journal_counts {
  std::uint64_t decided{};    ///< stored or dead-lettered
  std::uint64_t delivered{};  ///< and repetitions of stored events
};

/// Reads what is in the tables: the only source of every count and rate that the bench reports.
/// One thread.
class truth_reader {
 public:
  static result<truth_reader> open(const std::string& database_url);

  /// How many events have been decided (stored or dead-lettered), from the journal: cheap enough
  /// to be asked during a run.
  result<std::uint64_t> decided();
  result<journal_counts> journal();

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

  /// Reads when each event that an open-loop load has published was due (see due_in) and when it
  /// was committed, dead letters included, and keeps both for the questions below: for after a run.
  /// Repetitions of an event count once. Returns how many events there are.
  result<std::uint64_t> read_due_times();

  /// Of the events that were due within any of these spans, or with `outside` within none of them.
  /// No such event: all zero.
  result<commit_latency> latency_within(const std::vector<time_span>& spans, bool outside = false);

  /// Step by step from `from` on; steps in which no event was due are left out.
  result<std::vector<latency_step>> latency_series(timestamp from, std::chrono::milliseconds step);

  result<std::string> server_version();

  /// How long a transaction takes that writes next to nothing, its COMMIT with the flush of the
  /// write-ahead log included: the median of 50, one after the other.
  result<std::chrono::microseconds> commit_time();

 private:
  explicit truth_reader(pg::session session) : session_{std::move(session)} {}

  pg::session session_;
};

/// What should be in the tables after a load.
struct expected_truth {
  std::uint64_t published{};  ///< different events
  std::uint64_t id_sum{};     ///< of those
  std::uint64_t invalid{};    ///< of those: dead letters
};

/// success when the tables hold exactly these events: the valid ones as rows, the invalid ones as
/// dead letters, nothing else, and the journal agrees. accounting_mismatch: they don't.
result<void> check_exact(const stored_truth& found, const expected_truth& expected);

/// The same of a load of valid events: success when the tables hold exactly `published` events with
/// exactly these ids, and nothing else. accounting_mismatch: they don't.
result<void> check_exact(const stored_truth& found, std::uint64_t published, std::uint64_t id_sum);

}  // namespace td::bench
