#include "storage/pg.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <poll.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "storage/sqlstate.hpp"

namespace td::pg {

namespace {

std::string_view field(const pg_result* r, int code) {
  const char* text = PQresultErrorField(r, code);
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

}  // namespace

// -- rows ---

void rows::clear::operator()(pg_result* r) const noexcept {
  PQclear(r);
}

int rows::size() const noexcept {
  return PQntuples(result_.get());
}

int rows::columns() const noexcept {
  return PQnfields(result_.get());
}

bool rows::is_null(int row, int column) const noexcept {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view rows::text(int row, int column) const noexcept {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t rows::number(int row, int column) const noexcept {
  const auto t = text(row, column);
  std::int64_t value = 0;
  std::from_chars(t.data(), t.data() + t.size(), value);
  return value;
}

bool rows::truth(int row, int column) const noexcept {
  return text(row, column) == "t";
}

timestamp rows::time(int row, int column) const noexcept {
  return timestamp{std::chrono::microseconds{number(row, column)}};
}

std::uint64_t rows::affected() const noexcept {
  return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10);
}

std::string_view rows::command() const noexcept {
  return PQcmdStatus(result_.get());
}

// -- session ---

session::session(session&& other) noexcept {
  *this = std::move(other);
}

session& session::operator=(session&& other) noexcept {
  std::swap(conn_, other.conn_);
  std::swap(stop_, other.stop_);
  std::swap(statement_timeout_, other.statement_timeout_);
  std::swap(deadline_, other.deadline_);
  std::swap(error_, other.error_);
  return *this;
}

result<void> session::reopen(const database_options& options) {
  close();
  auto fresh = open(options);
  if (!fresh) return fresh.error();
  *this = std::move(*fresh);
  return ok();
}

void session::close() noexcept {
  PQfinish(std::exchange(conn_, nullptr));
}

std::int64_t session::backend() const noexcept {
  return conn_ == nullptr ? 0 : PQbackendPID(conn_);
}

bool session::on_this_machine() const noexcept {
  const char* host = conn_ == nullptr ? nullptr : PQhost(conn_);
  const char* address = conn_ == nullptr ? nullptr : PQhostaddr(conn_);
  const auto is_loopback = [](std::string_view a) { return a == "::1" || a.starts_with("127."); };
  if (host != nullptr && (host[0] == '/' || host[0] == '@')) return true;
  return address != nullptr && is_loopback(address);
}

result<void> session::set_statement_timeout(std::chrono::milliseconds limit) {
  auto r = exec(fmt::format("SET statement_timeout = {}", limit.count()));
  if (!r) return r.error();
  statement_timeout_ = limit;
  return ok();
}

result<std::vector<rows>> session::exec_each(const std::string& sql) {
  restart_clock();
  if (conn_ == nullptr) return lost("not connected");
  if (PQsendQuery(conn_, sql.c_str()) == 0) return lost();
  return collect();
}

result<rows> session::exec(const std::string& sql) {
  auto all = exec_each(sql);
  if (!all) return all.error();
  return std::move(all->back());
}

result<rows> session::exec(const std::string& sql, std::span<const param> params) {
  restart_clock();
  if (conn_ == nullptr) return lost("not connected");
  std::vector<const char*> values;
  for (const auto& p : params)
    values.push_back(p ? p->c_str() : nullptr);
  if (PQsendQueryParams(conn_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0) {
    return lost();
  }
  return collect_last();
}

result<void> session::copy_begin(const std::string& sql) {
  restart_clock();
  if (conn_ == nullptr) return lost("not connected");
  if (PQsendQuery(conn_, sql.c_str()) == 0) return lost();
  auto r = collect_last();
  if (!r) return r.error();
  if (PQresultStatus(r->get()) != PGRES_COPY_IN)
    return failure{errc::internal, "the statement is no COPY FROM STDIN"};
  return ok();
}

result<void> session::copy_write(std::span<const char> data) {
  restart_clock();
  if (conn_ == nullptr) return lost("not connected");
  // libpq is in non-blocking mode: it keeps what the socket does not take, flush() waits for it.
  for (;;) {
    const int done = PQputCopyData(conn_, data.data(), static_cast<int>(data.size()));
    if (done < 0) return lost();
    if (auto f = flush(); !f) return f;
    if (done == 1) return ok();
  }
}

result<std::uint64_t> session::copy_end() {
  restart_clock();
  if (conn_ == nullptr) return lost("not connected");
  int done = 0;
  while ((done = PQputCopyEnd(conn_, nullptr)) == 0) {
    if (auto f = flush(); !f) return f.error();
  }
  if (done < 0) return lost();
  auto r = collect_last();
  if (!r) return r.error();
  return r->affected();
}

result<std::vector<std::string>> session::notifications(std::chrono::milliseconds limit) {
  const auto end = clock::now() + limit;
  std::vector<std::string> all;
  for (;;) {
    if (conn_ == nullptr) return lost("not connected");
    if (PQconsumeInput(conn_) == 0) return lost();
    while (PGnotify* told = PQnotifies(conn_)) {
      all.emplace_back(told->extra);
      PQfreemem(told);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
    if (!all.empty() || left <= 0) return all;
    pollfd fds[2] = {{PQsocket(conn_), POLLIN, 0},
                     {stop_ != nullptr ? stop_->fd() : -1, POLLIN, 0}};
    if (poll(fds, 2, static_cast<int>(std::min<std::int64_t>(left, 60'000))) < 0 && errno != EINTR)
      return lost("poll failed");
    if (fds[1].revents != 0) {
      close();
      return failure{errc::stopping, "interrupted while waiting for the database"};
    }
  }
}

/// Waits until the socket is readable, writable, the deadline has passed or somebody interrupts.
result<void> session::wait(bool for_writing, bool for_reading) {
  const int events = (for_reading ? POLLIN : 0) | (for_writing ? POLLOUT : 0);
  pollfd fds[2] = {{PQsocket(conn_), static_cast<short>(events), 0},
                   {stop_ != nullptr ? stop_->fd() : -1, POLLIN, 0}};
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now()).count();
    if (left <= 0) return lost("no answer from the server in time");
    const int n = poll(fds, 2, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (n < 0 && errno != EINTR) return lost("poll failed");
    if (n <= 0) continue;
    if (fds[1].revents != 0) {
      close();
      return failure{errc::stopping, "interrupted while waiting for the database"};
    }
    return ok();
  }
}

result<void> session::flush() {
  for (;;) {
    const int left = PQflush(conn_);
    if (left == 0) return ok();
    if (left < 0) return lost();
    if (auto w = wait(true); !w) return w;
    if (PQconsumeInput(conn_) == 0) return lost();
  }
}

result<rows> session::next_result() {
  while (PQisBusy(conn_) != 0) {
    if (auto w = wait(false); !w) return w.error();
    if (PQconsumeInput(conn_) == 0) return lost();
  }
  return rows{PQgetResult(conn_)};
}

/// Reads all results of what was sent, at least one. The first failure counts. Stops at the
/// invitation to COPY.
result<std::vector<rows>> session::collect() {
  if (auto f = flush(); !f) return f.error();
  std::optional<failure> failed;
  std::vector<rows> all;
  for (;;) {
    auto r = next_result();
    if (!r) return r.error();
    if (r->get() == nullptr) break;
    const auto status = PQresultStatus(r->get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (!failed) failed = refused(*r);
      continue;
    }
    all.push_back(std::move(*r));
    if (status == PGRES_COPY_IN) break;
  }
  if (PQstatus(conn_) == CONNECTION_BAD) return lost(failed ? failed->detail : std::string{});
  if (failed) return *failed;
  if (all.empty()) return failure{errc::internal, "the server gave no result"};
  return all;
}

result<rows> session::collect_last() {
  auto all = collect();
  if (!all) return all.error();
  return std::move(all->back());
}

/// The connection is of no more use.
failure session::lost(std::string why) {
  if (conn_ != nullptr && why.empty()) why = words_of(PQerrorMessage(conn_));
  if (why.empty()) why = "the connection was lost";
  close();
  return {errc::database_away, std::move(why)};
}

failure session::refused(const rows& r) {
  error_ = {std::string{field(r.get(), PG_DIAG_SQLSTATE)},
            words_of(field(r.get(), PG_DIAG_MESSAGE_PRIMARY)),
            std::string{field(r.get(), PG_DIAG_TABLE_NAME)},
            std::string{field(r.get(), PG_DIAG_CONSTRAINT_NAME)}};
  if (error_.sqlstate.empty())
    return {errc::database_away, words_of(PQresultErrorMessage(r.get()))};
  return {errc_of_sqlstate(error_.sqlstate),
          fmt::format("{} (SQLSTATE {})", error_.message, error_.sqlstate)};
}

bool session::in_transaction() const noexcept {
  return conn_ != nullptr && PQtransactionStatus(conn_) != PQTRANS_IDLE;
}

bool session::peer_left() {
  if (conn_ == nullptr) return true;
  pollfd socket{PQsocket(conn_), POLLIN, 0};
  while (poll(&socket, 1, 0) > 0) {
    if (PQconsumeInput(conn_) == 0 || PQstatus(conn_) == CONNECTION_BAD) {
      close();
      return true;
    }
    if ((socket.revents & POLLIN) == 0) break;
  }
  return false;
}

/// A server's or libpq's words as one line, without the password whatever they quote.
std::string session::words_of(std::string_view text) const {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  std::string out{text};
  std::replace(out.begin(), out.end(), '\n', ' ');
  const char* given = conn_ == nullptr ? nullptr : PQpass(conn_);
  const std::string_view password = given == nullptr ? "" : given;
  if (password.empty()) return out;
  for (auto at = out.find(password); at != std::string::npos; at = out.find(password, at + 3))
    out.replace(at, password.size(), "***");
  return out;
}

failure not_ours_to_reopen() {
  return {errc::database_away, "the connection was lost, and belongs to somebody else"};
}

}  // namespace td::pg
