#include "bench/limits/row_copier.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "storage/locks.hpp"
#include "storage/mirror_rows.hpp"
#include "storage/mirror_sql.hpp"

namespace td::bench {

row_copier::~row_copier() {
  if (db_ != nullptr) PQfinish(db_);
}

bool row_copier::open(const std::string& database_url) {
  db_ = PQconnectdb(database_url.c_str());
  if (PQstatus(db_) != CONNECTION_OK) return fail(PQerrorMessage(db_));
  return run_sql(mirror_sql::prepare_journal) && take_batch_id(mirror_sql::next_batch_id, 0);
}

bool row_copier::run_sql(const char* sql) {
  PGresult* r = PQexec(db_, sql);
  const bool fine = PQresultStatus(r) == PGRES_COMMAND_OK;
  PQclear(r);
  return fine || fail(PQerrorMessage(db_));
}

/// Runs statements, each of which must succeed; the next batch's id is in `column` of the last one
/// that has it.
bool row_copier::take_batch_id(const char* sql, int column) {
  if (PQsendQuery(db_, sql) == 0) return fail(PQerrorMessage(db_));
  bool fine = true;
  while (PGresult* r = PQgetResult(db_)) {
    const auto status = PQresultStatus(r);
    fine = fine && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK);
    if (fine && PQnfields(r) > column)
      batch_id_ = std::strtoll(PQgetvalue(r, 0, column), nullptr, 10);
    PQclear(r);
  }
  return fine || fail(PQerrorMessage(db_));
}

bool row_copier::store(const std::vector<drain_row>& rows, timestamp first, timestamp last) {
  static const std::string copy = "BEGIN; " + fmt::format(mirror_sql::copy_direct, mirror_columns);
  PGresult* r = PQexec(db_, copy.c_str());
  const bool copying = PQresultStatus(r) == PGRES_COPY_IN;
  PQclear(r);
  if (!copying) return fail(PQerrorMessage(db_));
  constexpr char header[19] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n'};
  constexpr char trailer[2] = {'\377', '\377'};
  const bool sent = PQputCopyData(db_, header, sizeof header) == 1 && put_rows(rows) &&
                    PQputCopyData(db_, trailer, sizeof trailer) == 1 &&
                    PQputCopyEnd(db_, nullptr) == 1;
  if (!sent) return fail(PQerrorMessage(db_));
  bool fine = true;
  while ((r = PQgetResult(db_)) != nullptr) {
    fine = fine && PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
  }
  if (!fine) return fail(PQerrorMessage(db_));
  const auto time = [](timestamp t) { return fmt::format("timestamptz '{}'", to_rfc3339(t)); };
  return take_batch_id(
      fmt::format(mirror_sql::commit, lock_call("pg_advisory_xact_lock", lock_class::journal),
                  batch_id_, lane_, 1, ++batches_, rows.size(), 0, 0, time(first), time(last))
          .c_str(),
      2);
}

/// By event id: the key's index takes neighbours for less than strangers, and that saves the
/// server more than sorting costs us. In pieces, so that the server works on one while the next is
/// made.
bool row_copier::put_rows(const std::vector<drain_row>& rows) {
  static_assert(sizeof(drain_row) == drain_row::size);
  order_.clear();
  for (const auto& r : rows)
    order_.emplace_back(r.id_head(), &r);
  std::sort(order_.begin(), order_.end());
  constexpr std::size_t piece = 200;
  for (std::size_t i = 0; i < order_.size();) {
    piece_.clear();
    for (const auto end = std::min(i + piece, order_.size()); i < end; ++i)
      piece_.append(order_[i].second->bytes, drain_row::size);
    if (PQputCopyData(db_, piece_.data(), static_cast<int>(piece_.size())) != 1) return false;
  }
  return true;
}

bool row_copier::fail(std::string_view why) {
  if (error_.empty()) error_ = why;
  return false;
}

}  // namespace td::bench
