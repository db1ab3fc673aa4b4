#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "storage/interrupter.hpp"
#include "storage/stores.hpp"

struct pg_conn;    // libpq's PGconn
struct pg_result;  // libpq's PGresult

/// RAII over libpq. The only place that knows it.
namespace td::pg {

/// What the server said about the statement that failed last. Empty sqlstate: there was no server
/// left to say anything.
struct server_error {
  std::string sqlstate{};
  std::string message{};
  std::string table{};
  std::string constraint{};
};

/// The rows of one statement, text format.
class rows {
 public:
  explicit rows(pg_result* r) : result_{r} {}

  int size() const noexcept;
  int columns() const noexcept;
  bool is_null(int row, int column) const noexcept;
  std::string_view text(int row, int column) const noexcept;  ///< lives as long as this
  std::int64_t number(int row, int column) const noexcept;    ///< 0 where it is none
  bool truth(int row, int column) const noexcept;             ///< of a boolean
  timestamp time(int row, int column) const noexcept;         ///< of microseconds since 1970
  std::uint64_t affected() const noexcept;                    ///< rows written by the statement
  std::string_view command() const noexcept;                  ///< "COMMIT", "INSERT 0 3"
  pg_result* get() const noexcept { return result_.get(); }

 private:
  struct clear {
    void operator()(pg_result* r) const noexcept;
  };
  std::unique_ptr<pg_result, clear> result_;
};

/// One connection. One thread at a time. Each call blocks for at most the statement time-out plus
/// `grace`, whatever becomes of the server or the network: then the connection is closed and the
/// call fails with database_away. The codes of other failures come from sqlstate_table().
/// Error texts never hold the password.
class session {
 public:
  static constexpr std::chrono::seconds grace{5};

  session() noexcept = default;  ///< closed: every call fails with database_away
  session(session&& other) noexcept;
  session& operator=(session&& other) noexcept;
  ~session() { close(); }

  /// Connects within the connect time-out and prepares the session: UTC, time-outs, keepalives in
  /// both directions. What the URL says wins over our defaults. Errors: configuration_invalid (the
  /// URL can't be read; the server is older than 14 or the database not UTF8), database_refused
  /// (account, password, no such database), database_away, stopping.
  static result<session> open(const database_options& options);

  /// Closes it and connects anew; stays closed where that fails.
  result<void> reopen(const database_options& options);

  bool is_open() const noexcept { return conn_ != nullptr; }
  void close() noexcept;

  /// A transaction is open, or a COPY under way. Asks nobody.
  bool in_transaction() const noexcept;

  /// The server has closed the connection, or it broke, while nobody used it: what one look at the
  /// socket tells, without a round trip. True when closed.
  bool peer_left();

  /// Another time-out for the statements to come. Takes a round trip.
  result<void> set_statement_timeout(std::chrono::milliseconds limit);

  /// Runs one or more statements; the rows are those of the last. Stops at the first that fails.
  result<rows> exec(const std::string& sql);

  /// The same; the rows of every statement.
  result<std::vector<rows>> exec_each(const std::string& sql);

  /// Runs one statement with text parameters $1...; nullopt is NULL.
  using param = std::optional<std::string>;
  result<rows> exec(const std::string& sql, std::span<const param> params);
  result<rows> exec(const std::string& sql, std::initializer_list<param> params) {
    return exec(sql, std::span{params.begin(), params.size()});
  }

  /// Runs statements of which the last is COPY ... FROM STDIN. Then `copy_write`, any number of
  /// times, and `copy_end`; a failure ends the COPY.
  result<void> copy_begin(const std::string& sql);
  result<void> copy_write(std::span<const char> data);
  result<std::uint64_t> copy_end();  ///< rows taken

  /// After LISTEN: what has been notified, waiting for the first for `limit` at the most; empty:
  /// nothing was. What came along with other statements is told, too. Outside of a transaction.
  result<std::vector<std::string>> notifications(std::chrono::milliseconds limit);

  const server_error& last_error() const noexcept { return error_; }

  /// The backend's process id as the server told it at the start; 0 when closed. A pooler in
  /// between tells another.
  std::int64_t backend() const noexcept;

  /// Over a Unix socket or to a loopback address.
  bool on_this_machine() const noexcept;

 private:
  using clock = std::chrono::steady_clock;

  void restart_clock() noexcept { deadline_ = clock::now() + statement_timeout_ + grace; }
  result<void> finish_connecting();
  result<void> wait(bool for_writing, bool for_reading = true);
  result<void> flush();
  result<rows> next_result();  ///< holds nothing at the end
  result<std::vector<rows>> collect();
  result<rows> collect_last();
  failure lost(std::string why = {});
  failure refused(const rows& r);
  std::string words_of(std::string_view text) const;

  pg_conn* conn_{};
  std::shared_ptr<const interrupter> stop_{};
  std::chrono::milliseconds statement_timeout_{30000};
  clock::time_point deadline_{};
  server_error error_{};
};

/// What a store says that was lent a connection and is asked to open it again: database_away.
failure not_ours_to_reopen();

}  // namespace td::pg
