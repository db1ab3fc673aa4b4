#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "pipeline/log.hpp"
#include "storage/copy_encoder.hpp"
#include "storage/dead_letter_rows.hpp"
#include "storage/locks.hpp"
#include "storage/mirror_rows.hpp"
#include "storage/mirror_sql.hpp"
#include "storage/partitions.hpp"
#include "storage/pg.hpp"
#include "storage/sqlstate.hpp"
#include "storage/stores.hpp"

namespace td {

namespace {

namespace sql = mirror_sql;
using namespace std::chrono_literals;

constexpr std::size_t copy_chunk = 256u << 10;  // bytes handed to libpq at a time
constexpr unsigned conflict_attempts = 5;       // deadlocks of one batch before giving up
constexpr unsigned partition_attempts = 2;
constexpr unsigned wary_batches = 16;  // clean ones in a row after duplicates, then fast again
constexpr std::string_view unique_violation = "23505";
constexpr std::string_view check_violation = "23514";

/// How the rows of a batch get into the table.
enum class path : std::uint8_t {
  direct,   ///< COPY straight into it
  merge,    ///< COPY into a temporary table, then INSERT ... ON CONFLICT DO NOTHING
  isolate,  ///< the server tries rows under subtransactions and reports the bad ones
};

/// What the part of the transaction that failed was about.
enum class step : std::uint8_t { rows, dead_letters, journal };

/// One batch on its way; what has been tried.
struct attempt {
  std::int64_t batch_id{};
  path way{path::direct};
  unsigned conflicts{};
  unsigned partitions{};
  step at{step::rows};
  bool begun{};
  bool partition_missing{};
};

/// What became of the rows that were offered.
struct counts {
  std::uint64_t stored{};
  std::uint64_t duplicate{};  ///< seen to be in the mirror
  std::uint64_t conflicts{};
};

/// A row outside all partitions fails like a CHECK without a name.
bool is_partition_missing(std::string_view sqlstate, std::string_view table,
                          std::string_view constraint) {
  return sqlstate == check_violation && !table.empty() && constraint.empty();
}

/// What a row may bring about that our own tables do not: a constraint or a trigger that somebody
/// added, a value that makes the server run out of one allocation (1 GB of a jsonb). Whether it was
/// the row is known only when it is tried alone.
bool may_be_the_rows_fault(std::string_view sqlstate) {
  return sqlstate.starts_with("23") || sqlstate == "P0001" || sqlstate == "XX000";
}

std::uint64_t count_of(const pg::rows& r, int column) {
  return static_cast<std::uint64_t>(r.number(0, column));
}

std::string quoted_time(timestamp t) {
  return fmt::format("timestamptz '{}'", to_rfc3339(t));
}

class pg_mirror_store final : public mirror_store {
 public:
  explicit pg_mirror_store(database_options options) : options_{std::move(options)} {}

  result<verdict> write(const checked_batch& b) override {
    if (b.events.size() + b.rejects.size() != b.raw->size()) {
      return failure{errc::accounting_mismatch,
                     fmt::format("{} events and {} rejects of {} messages", b.events.size(),
                                 b.rejects.size(), b.raw->size())};
    }
    if (b.raw->empty()) return verdict{.of = b.raw->from};
    order_.sort(b);
    dead_.start(b);
    attempt a;
    const auto id = take_batch_id();
    if (!id) return id.error();
    a.batch_id = *id;
    a.way = wary_ > 0 || order_.repeats() ? path::merge : path::direct;
    for (;;) {
      auto done = transact(b, a);
      if (done) {
        if (done->duplicate > 0)
          wary_ = wary_batches;
        else if (wary_ > 0)
          --wary_;
        return done;
      }
      if (!session_.is_open()) return done;
      if (auto r = session_.exec("ROLLBACK"); !r) return r.error();
      if (auto again = mend(b, a, done.error()); !again) return again.error();
    }
  }

  result<void> reconnect() override {
    session_.close();
    next_batch_id_.reset();
    staged_ = isolating_ = false;
    auto s = pg::session::open(options_);
    if (!s) return s.error();
    if (auto r = s->exec(sql::prepare_journal); !r) return r.error();
    session_ = std::move(*s);
    return ok();
  }

  result<void> ping() override {
    if (auto r = session_.exec("SELECT 1"); !r) return r.error();
    return ok();
  }

 private:
  // -- one attempt ---

  result<verdict> transact(const checked_batch& b, attempt& a) {
    a.at = step::rows;
    a.begun = a.partition_missing = false;
    dead_.forget_refused();
    for (const auto e : order_.unstorable())
      dead_.refuse(e, {errc::refused_by_database, "occurred_at is not in the years 1 to 9999"});
    if (auto r = prepare(a); !r) return r.error();
    auto stored = store_events(b, a);
    if (!stored) return stored.error();
    a.at = step::dead_letters;
    if (auto r = store_dead_letters(b, a); !r) return r.error();
    a.at = step::journal;
    return commit(b, a, *stored);
  }

  /// Temporary tables have to outlive a rollback, so they are made before the transaction.
  result<void> prepare(const attempt& a) {
    if (!staged_ && (a.way != path::direct || !dead_.empty())) {
      if (auto r = session_.exec(sql::create_staging); !r) return r.error();
      staged_ = true;
    }
    if (!isolating_ && a.way == path::isolate) {
      if (auto r = session_.exec(sql::create_isolation); !r) return r.error();
      isolating_ = true;
    }
    return ok();
  }

  result<counts> store_events(const checked_batch& b, attempt& a) {
    if (order_.events().empty()) return counts{};
    switch (a.way) {
      case path::direct: {
        const auto copied = copy_events(b, a, sql::copy_direct, row_form::direct);
        if (!copied) return copied.error();
        return counts{.stored = *copied};
      }
      case path::merge:
        return merge(b, a);
      case path::isolate:
        return isolate(b, a);
    }
    return counts{};
  }

  result<counts> merge(const checked_batch& b, attempt& a) {
    const auto copied = copy_events(b, a, sql::copy_staged, row_form::staged);
    if (!copied) return copied.error();
    auto merged = session_.exec(fmt::format(sql::merge, mirror_columns));
    if (!merged) return merged.error();
    const auto stored = merged->affected();
    if (stored == order_.events().size()) return counts{.stored = stored};
    auto seen = session_.exec(fmt::format(sql::compare, quoted_time(order_.first_occurred_at()),
                                          quoted_time(order_.last_occurred_at())));
    if (!seen) return seen.error();
    return counts{stored, count_of(*seen, 0) - stored, count_of(*seen, 1)};
  }

  result<counts> isolate(const checked_batch& b, attempt& a) {
    const auto copied = copy_events(b, a, sql::copy_raw, row_form::raw);
    if (!copied) return copied.error();
    auto taken = session_.exec(sql::isolate);
    if (!taken) return taken.error();
    const auto stored = count_of(*taken, 0);
    auto refused = session_.exec(sql::refused);
    if (!refused) return refused.error();
    for (int i = 0; i < refused->size(); ++i) {
      const auto state = refused->text(i, 1);
      a.partition_missing |= is_partition_missing(state, refused->text(i, 3), refused->text(i, 4));
      failure why{errc_of_sqlstate(state),
                  fmt::format("{} (SQLSTATE {})", refused->text(i, 2), state)};
      // Where no row at all goes in, something is wrong with the server.
      if (may_be_the_rows_fault(state) && stored > 0) why.code = errc::refused_by_database;
      if (a.partition_missing || why.code != errc::refused_by_database) return why;
      dead_.refuse(order_.events()[static_cast<std::size_t>(refused->number(i, 0))],
                   std::move(why));
    }
    return counts{stored, count_of(*taken, 1) - stored, count_of(*taken, 2)};
  }

  result<void> store_dead_letters(const checked_batch& b, attempt& a) {
    if (dead_.empty()) return ok();
    const auto expected = dead_.settle();
    if (auto r = prepare(a); !r) return r;
    auto copied = copy(a, fmt::format(sql::copy_dead_letters, dead_letter_rows::columns), expected,
                       [this](std::size_t i) { dead_.encode(encoder_, i); });
    if (!copied) return copied.error();
    auto stored = session_.exec(fmt::format(sql::store_dead_letters, a.batch_id, b.raw->from.lane));
    if (!stored) return stored.error();
    if (stored->affected() == expected) return ok();
    return failure{errc::accounting_mismatch,
                   fmt::format("{} dead letters written of {}", stored->affected(), expected)};
  }

  result<verdict> commit(const checked_batch& b, const attempt& a, const counts& c) {
    const auto dead = dead_.messages();
    if (c.stored + c.duplicate + dead != b.raw->size()) {
      return failure{errc::accounting_mismatch,
                     fmt::format("stored {}, duplicate {}, dead-lettered {} of {} messages",
                                 c.stored, c.duplicate, dead, b.raw->size())};
    }
    const bool none = order_.events().empty();
    const auto& from = b.raw->from;
    auto all = session_.exec_each(
        fmt::format(sql::commit, lock_call("pg_advisory_xact_lock", lock_class::journal),
                    a.batch_id, from.lane, from.epoch, from.number, c.stored, c.duplicate, dead,
                    none ? "NULL" : quoted_time(order_.first_occurred_at()),
                    none ? "NULL" : quoted_time(order_.last_occurred_at())));
    if (!all) return all.error();
    // COMMIT of a transaction that is not sound succeeds as "ROLLBACK".
    if (all->size() != 4 || (*all)[2].command() != "COMMIT")
      return failure{errc::internal, "the server did not commit"};
    const auto& row = (*all)[1];
    next_batch_id_ = row.number(0, 2);
    return verdict{.of = from,
                   .position = row.number(0, 0),
                   .stored = static_cast<std::uint32_t>(c.stored),
                   .duplicate = static_cast<std::uint32_t>(c.duplicate),
                   .dead_lettered = static_cast<std::uint32_t>(dead),
                   .payload_conflicts = static_cast<std::uint32_t>(c.conflicts),
                   .committed_at = row.time(0, 1),
                   .commit_took = std::max(0us, all->back().time(0, 0) - row.time(0, 1))};
  }

  // -- after a failure ---

  /// Changes what has to change before the next attempt; the failure when there is to be none.
  result<void> mend(const checked_batch& b, attempt& a, const failure& why) {
    if (why.code == errc::database_conflict) {
      if (++a.conflicts < conflict_attempts) return ok();
      return why;
    }
    if (a.at != step::rows) return never_dead_letter(why);
    const auto& e = session_.last_error();
    if (a.partition_missing || is_partition_missing(e.sqlstate, e.table, e.constraint)) {
      if (++a.partitions > partition_attempts)
        return failure{errc::database_busy, "a partition cannot be made for now: " + why.detail};
      return make_partitions(b);
    }
    if (a.way == path::direct && e.sqlstate == unique_violation) {
      a.way = path::merge;
      return ok();
    }
    const bool row = why.code == errc::refused_by_database || may_be_the_rows_fault(e.sqlstate);
    if (row && a.way != path::isolate) {
      a.way = path::isolate;
      return ok();
    }
    return never_dead_letter(why);
  }

  /// A refusal of anything but a row of the mirror is a bug, and no event's fault.
  static failure never_dead_letter(failure why) {
    if (disposition_of(why.code) == disposition::dead_letter) why.code = errc::internal;
    return why;
  }

  /// On a connection of its own: our transaction has seen the world without them.
  result<void> make_partitions(const checked_batch& b) {
    auto side = pg::session::open(options_);
    if (!side) return side.error();
    const auto made = ensure_partitions(*side, order_.days(b));
    if (!made) return made.error();
    if (*made > 0) log_info("mirror made missing partitions", {kv("partitions", *made)});
    return ok();
  }

  // -- tools ---

  result<std::int64_t> take_batch_id() {
    if (next_batch_id_) return *std::exchange(next_batch_id_, std::nullopt);
    auto r = session_.exec(sql::next_batch_id);
    if (!r) return r.error();
    return r->number(0, 0);
  }

  result<std::uint64_t> copy_events(const checked_batch& b, attempt& a, const char* statement,
                                    row_form form) {
    const auto events = order_.events();
    return copy(a, fmt::format(fmt::runtime(statement), mirror_columns), events.size(),
                [&](std::size_t i) { encode_event(encoder_, form, b, events[i], a.batch_id, i); });
  }

  /// COPY of `rows` rows, each appended to encoder_ by `encode`; begins the transaction if need be.
  template <class Encode>
  result<std::uint64_t> copy(attempt& a, const std::string& statement, std::size_t rows,
                             Encode encode) {
    if (auto r = session_.copy_begin((a.begun ? "" : "BEGIN; ") + statement); !r) return r.error();
    a.begun = true;
    encoder_.start();
    for (std::size_t i = 0; i < rows; ++i) {
      encode(i);
      if (encoder_.size() < copy_chunk) continue;
      if (auto r = session_.copy_write(encoder_.data()); !r) return r.error();
      encoder_.drop();
    }
    encoder_.finish();
    if (auto r = session_.copy_write(encoder_.data()); !r) return r.error();
    return session_.copy_end();
  }

  database_options options_;
  pg::session session_;
  std::optional<std::int64_t> next_batch_id_;
  bool staged_{};
  bool isolating_{};
  unsigned wary_{};
  write_order order_;
  dead_letter_rows dead_;
  copy_encoder encoder_;
};

}  // namespace

result<std::unique_ptr<mirror_store>> open_mirror_store(const database_options& options) {
  auto store = std::make_unique<pg_mirror_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<mirror_store>{std::move(store)};
}

}  // namespace td
