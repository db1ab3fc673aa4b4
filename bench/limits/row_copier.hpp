#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/limits/drain_row.hpp"
#include "pipeline/time.hpp"

struct pg_conn;

namespace td::bench {

/// A bare libpq connection that stores batches of rows: sorted, by binary COPY into events_mirror,
/// with the journal's row, in one transaction: the service's own statements. It dies of the first
/// thing that goes wrong. One thread.
class row_copier {
 public:
  explicit row_copier(std::int32_t lane) : lane_{lane} {}
  ~row_copier();
  row_copier(const row_copier&) = delete;
  row_copier& operator=(const row_copier&) = delete;

  /// False, and `error` says why; so does `store`.
  bool open(const std::string& database_url);

  /// Commits these rows, whose batch must be `batch_id()` and whose times lie within first and
  /// last.
  bool store(const std::vector<drain_row>& rows, timestamp first, timestamp last);

  std::int64_t batch_id() const noexcept { return batch_id_; }  ///< of the next batch
  const std::string& error() const noexcept { return error_; }

 private:
  bool run_sql(const char* sql);
  bool take_batch_id(const char* sql, int column);
  bool put_rows(const std::vector<drain_row>& rows);
  bool fail(std::string_view why);

  std::int32_t lane_;
  pg_conn* db_{};
  std::int64_t batch_id_{};
  std::int64_t batches_{};
  std::vector<std::pair<std::uint64_t, const drain_row*>> order_;
  std::string piece_;
  std::string error_;
};

}  // namespace td::bench
