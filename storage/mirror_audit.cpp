#include "storage/mirror_audit.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "storage/bytea.hpp"
#include "storage/pg.hpp"

namespace td {

namespace {

// -- following the journal ---

constexpr const char* batches_sql =
    "SELECT max(position), min(batch_id), max(batch_id), min(first_occurred_at), "
    "max(last_occurred_at), coalesce(sum(duplicate), 0), coalesce(sum(dead_lettered), 0) "
    "FROM (SELECT * FROM mirror_batches WHERE position > $1 ORDER BY position LIMIT $2) b";
constexpr const char* last_position_sql = "SELECT coalesce(max(position), 0) FROM mirror_batches";

// Batch ids are drawn before the commit, so that the range may hold batches of later positions:
// their rows come twice. The bounds of time prune partitions.
constexpr const char* event_ids_sql =
    "SELECT event_id FROM events_mirror WHERE batch_id BETWEEN $1 AND $2 "
    "AND occurred_at BETWEEN $3 AND $4";
constexpr const char* delivery_hashes_sql =
    "SELECT delivery_hash FROM dlq_events WHERE batch_id BETWEEN $1 AND $2";

// -- reading everything ---

// enable_indexscan and its kin off: what is read is the heap.
constexpr const char* begin_sql =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_indexscan = off; "
    "SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off";
constexpr const char* events_sql =
    "DECLARE events NO SCROLL CURSOR FOR SELECT event_id, trace_id, "
    "(extract(epoch FROM occurred_at) * 1000000)::bigint, coalesce(schema_version, 0), kind, "
    "source, topic, payload FROM events_mirror";
constexpr const char* dead_letters_sql =
    "DECLARE dead_letters NO SCROLL CURSOR FOR SELECT topic, raw, code, event_id, attempts "
    "FROM dlq_events";
constexpr const char* totals_sql =
    "SELECT count(*), coalesce(max(position), 0), coalesce(sum(stored), 0), "
    "coalesce(sum(duplicate), 0), coalesce(sum(dead_lettered), 0), "
    "coalesce((max(extract(epoch FROM pause)) * 1000000)::bigint, 0) FROM (SELECT *, "
    "committed_at - lag(committed_at) OVER (ORDER BY position) AS pause FROM mirror_batches) b";
constexpr const char* fetch_sql = "FETCH FORWARD 2000 FROM {}";

constexpr const char* backends_sql =
    "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND backend_type = "
    "'client backend' AND datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid";

uuid uuid_of(std::string_view text) {
  return parse_uuid(text).value_or(uuid{});
}

class pg_mirror_audit final : public mirror_audit {
 public:
  explicit pg_mirror_audit(database_options options) : options_{std::move(options)} {}

  result<void> reconnect() override { return session_.reopen(options_); }

  result<news> follow(std::int64_t position, std::size_t most) override {
    news found{.position = position};
    auto last = session_.exec(last_position_sql);
    if (!last) return last.error();
    found.last_position = last->number(0, 0);
    if (found.last_position <= position) return found;
    auto batches = session_.exec(batches_sql, {std::to_string(position), std::to_string(most)});
    if (!batches) return batches.error();
    const auto text = [&](int column) { return std::string{batches->text(0, column)}; };
    found.position = batches->number(0, 0);
    found.duplicate = batches->number(0, 5);
    found.dead_lettered = batches->number(0, 6);
    if (!batches->is_null(0, 3)) {
      auto r = session_.exec(event_ids_sql, {text(1), text(2), text(3), text(4)});
      if (!r) return r.error();
      for (int i = 0; i < r->size(); ++i)
        found.events.push_back(uuid_of(r->text(i, 0)));
    }
    auto r = session_.exec(delivery_hashes_sql, {text(1), text(2)});
    if (!r) return r.error();
    for (int i = 0; i < r->size(); ++i) {
      from_bytea(r->text(i, 0), bytes_);
      auto& hash = found.dead_letters.emplace_back();
      std::copy_n(bytes_.begin(), std::min(bytes_.size(), hash.size()), hash.begin());
    }
    return found;
  }

  result<journal_totals> read_all(const event_visitor& event,
                                  const dead_letter_visitor& dead_letter) override {
    if (auto r = session_.exec(begin_sql); !r) return r.error();
    auto totals = read_in_transaction(event, dead_letter);
    if (session_.is_open()) {
      if (auto r = session_.exec("ROLLBACK"); !r) return r.error();
    }
    return totals;
  }

  result<std::vector<pid_t>> backends(std::string_view application_name) override {
    auto r = session_.exec(backends_sql, {std::string{application_name}});
    if (!r) return r.error();
    std::vector<pid_t> pids;
    for (int i = 0; i < r->size(); ++i)
      pids.push_back(static_cast<pid_t>(r->number(i, 0)));
    return pids;
  }

 private:
  result<journal_totals> read_in_transaction(const event_visitor& event,
                                             const dead_letter_visitor& dead_letter) {
    auto read = each_row(events_sql, "events", [&](const pg::rows& r, int i) {
      event({.event_id = uuid_of(r.text(i, 0)),
             .trace_id = uuid_of(r.text(i, 1)),
             .occurred_at = r.time(i, 2),
             .schema_version = static_cast<std::int32_t>(r.number(i, 3)),
             .kind = r.text(i, 4),
             .source = r.text(i, 5),
             .topic = r.text(i, 6),
             .payload = r.text(i, 7)});
    });
    if (!read) return read.error();
    read = each_row(dead_letters_sql, "dead_letters", [&](const pg::rows& r, int i) {
      from_bytea(r.text(i, 1), bytes_);
      dead_letter({.topic = r.text(i, 0),
                   .raw = bytes_,
                   .code = r.text(i, 2),
                   .event_id = r.is_null(i, 3) ? std::nullopt : parse_uuid(r.text(i, 3)),
                   .attempts = static_cast<std::int32_t>(r.number(i, 4))});
    });
    if (!read) return read.error();
    auto r = session_.exec(totals_sql);
    if (!r) return r.error();
    return journal_totals{.batches = r->number(0, 0),
                          .last_position = r->number(0, 1),
                          .stored = r->number(0, 2),
                          .duplicate = r->number(0, 3),
                          .dead_lettered = r->number(0, 4),
                          .longest_pause = std::chrono::microseconds{r->number(0, 5)}};
  }

  template <class Visit>
  result<void> each_row(const char* declare, std::string_view cursor, Visit visit) {
    if (auto r = session_.exec(declare); !r) return r.error();
    const auto fetch = fmt::format(fetch_sql, cursor);
    for (;;) {
      auto r = session_.exec(fetch);
      if (!r) return r.error();
      if (r->size() == 0) return ok();
      for (int i = 0; i < r->size(); ++i)
        visit(*r, i);
    }
  }

  database_options options_;
  pg::session session_;
  std::string bytes_;
};

}  // namespace

result<std::unique_ptr<mirror_audit>> open_mirror_audit(const database_options& options) {
  auto audit = std::make_unique<pg_mirror_audit>(options);
  if (auto r = audit->reconnect(); !r) return r.error();
  return std::unique_ptr<mirror_audit>{std::move(audit)};
}

}  // namespace td
