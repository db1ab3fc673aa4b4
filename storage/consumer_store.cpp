#include "storage/consumer_store.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "storage/dead_letter_rows.hpp"
#include "storage/event_sql.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"
#include "storage/pg_array.hpp"
#include "storage/sha256.hpp"

namespace td {

namespace {

constexpr std::int32_t whole_batch = std::numeric_limits<std::int32_t>::max();
constexpr int batches_per_look = 64;
constexpr std::string_view consumer_stage = "consumer";

// A new one begins behind the newest batch, or at the oldest; filters are the caller's.
constexpr const char* find_sql =
    "SELECT lock_key, topic_prefix = $2 AND kinds = $3::text[] FROM consumers WHERE name = $1";
constexpr const char* filter_sql =
    "UPDATE consumers SET topic_prefix = $2, kinds = $3::text[] WHERE name = $1";
constexpr const char* waiting_sql =
    "SELECT count(*) FROM (SELECT FROM consumer_deliveries WHERE consumer = $1 LIMIT {}) AS w";
constexpr const char* make_sql =
    "INSERT INTO consumers (name, position, batch_index, topic_prefix, kinds, created_at, "
    "moved_at) "
    "VALUES ($1, CASE WHEN $4::boolean THEN 0 ELSE "
    "coalesce((SELECT max(position) FROM mirror_batches), 0) END, {}, $2, $3::text[], now(), "
    "now()) "
    "ON CONFLICT (name) DO NOTHING";
constexpr const char* place_sql = "SELECT position, batch_index FROM consumers WHERE name = $1";

constexpr const char* journal_sql =
    "SELECT position, batch_id, stored, first_occurred_at, last_occurred_at FROM mirror_batches "
    "WHERE position >= $1 ORDER BY position LIMIT {}";

// The bounds of occurred_at prune partitions while planning; BRIN finds the batches in them.
constexpr const char* events_sql =
    "SELECT b.position, m.batch_index, m.event_id, {0}, m.topic, {1} "
    "FROM mirror_batches b JOIN events_mirror m ON m.batch_id = b.batch_id "
    "WHERE b.position BETWEEN {2} AND {3} AND m.batch_id = ANY ('{{{4}}}') "
    "AND m.occurred_at BETWEEN '{5}' AND '{6}' AND (b.position, m.batch_index) > ({7}, {8}) "
    "AND starts_with(m.topic, $1) AND (cardinality($2::text[]) = 0 OR m.kind = ANY ($2::text[])) "
    "ORDER BY b.position, m.batch_index LIMIT {9}";

constexpr const char* move_sql =
    "UPDATE consumers SET position = $4, batch_index = $5, moved_at = now() "
    "WHERE name = $1 AND position = $2 AND batch_index = $3";

constexpr const char* wait_sql =
    "INSERT INTO consumer_deliveries AS w (consumer, event_id, occurred_at, attempts, "
    "next_attempt, "
    "first_failure, last_failure, code, detail, topic, event) "
    "VALUES ($1, $2, $3, $4, now() + $5::bigint * interval '1 millisecond', now(), now(), $6, $7, "
    "$8, $9) ON CONFLICT (consumer, event_id, occurred_at) DO UPDATE SET "
    "attempts = excluded.attempts, next_attempt = excluded.next_attempt, "
    "first_failure = coalesce(w.first_failure, now()), last_failure = now(), "
    "code = excluded.code, detail = excluded.detail";
constexpr const char* forget_sql =
    "DELETE FROM consumer_deliveries WHERE consumer = $1 AND event_id = $2 AND occurred_at = $3";
constexpr const char* due_sql =
    "SELECT event_id, {}, topic, event, attempts FROM consumer_deliveries m "
    "WHERE consumer = $1 AND next_attempt <= now() ORDER BY next_attempt LIMIT {}";
constexpr const char* due_in_sql =
    "SELECT greatest(0, extract(epoch FROM min(next_attempt) - now()) * 1000)::bigint "
    "FROM consumer_deliveries WHERE consumer = $1 HAVING count(*) > 0";

constexpr const char* dead_letter_sql =
    "INSERT INTO dlq_events AS d (delivery_hash, first_failure, last_failure, batch_id, lane, "
    "attempts, status, stage, code, detail, pointer, fingerprint, topic, event_id, occurred_at, "
    "kind, source, raw, consumer) VALUES (decode($1, 'hex'), coalesce((SELECT first_failure FROM "
    "consumer_deliveries WHERE consumer = $2 AND event_id = $3 AND occurred_at = $4), now()), "
    "now(), 0, -1, $5, 'open', 'consumer', $6, $7, '', $8, $9, $3, $4, $10::text::json ->> 'kind', "
    "$10::text::json ->> 'source', convert_to($10::text, 'UTF8'), $2) "
    "ON CONFLICT (delivery_hash) DO UPDATE SET attempts = d.attempts + excluded.attempts, "
    "last_failure = excluded.last_failure, code = excluded.code, detail = excluded.detail, "
    "fingerprint = excluded.fingerprint, "
    "status = CASE d.status WHEN 'discarded' THEN d.status ELSE excluded.status END";

/// Spreads what failed together; the same event waits equally long on every node.
std::uint64_t seed_of(const uuid& id) {
  std::uint64_t seed = 0;
  for (const auto b : id.bytes)
    seed = seed * 131 + static_cast<std::uint8_t>(b);
  return seed;
}

class pg_consumer_store final : public consumer_store {
 public:
  pg_consumer_store(database_options options, consumer_options consumer)
      : options_{std::move(options)}, me_{std::move(consumer)} {}

  result<void> reconnect() override {
    leads_ = false;
    return session_.reopen(options_);
  }

  result<bool> lead() override {
    if (leads_ && session_.is_open()) return true;
    const auto kinds = pg_array_of(me_.kinds);
    auto made = session_.exec(find_sql, {me_.name, me_.topic_prefix, kinds});
    if (made && made->size() == 0) {
      auto inserted =
          session_.exec(fmt::format(make_sql, whole_batch),
                        {me_.name, me_.topic_prefix, kinds, me_.from_the_start ? "true" : "false"});
      if (!inserted) return inserted.error();
      made = session_.exec(find_sql, {me_.name, me_.topic_prefix, kinds});
    }
    if (!made) return made.error();
    if (made->size() == 0) return failure{errc::database_busy, "the consumer was removed just now"};
    auto r = session_.exec("SELECT " + lock_call("pg_try_advisory_lock", lock_class::consumer,
                                                 static_cast<std::int32_t>(made->number(0, 0))));
    if (!r) return r.error();
    leads_ = r->truth(0, 0);
    if (leads_) {
      if (!made->truth(0, 1)) {
        if (auto f = session_.exec(filter_sql, {me_.name, me_.topic_prefix, kinds}); !f)
          return f.error();
      }
      if (auto there = find_place(); !there) return there.error();
    }
    return leads_;
  }

  result<journal_stretch> next(std::size_t most) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    auto journal =
        session_.exec(fmt::format(journal_sql, batches_per_look), {std::to_string(position_)});
    if (!journal) return journal.error();
    journal_stretch out{.position = position_, .batch_index = batch_index_};
    std::string batches, first, last;
    std::int64_t events = 0;
    // Positions have no gaps, so what is missing behind ours was pruned.
    const int next = journal->size() > 0 && journal->number(0, 0) == position_ ? 1 : 0;
    if (position_ > 0 && batch_index_ == whole_batch && next < journal->size())
      out.pruned = std::max<std::int64_t>(0, journal->number(next, 0) - position_ - 1);
    for (int i = 0; i < journal->size() && events < static_cast<std::int64_t>(most); ++i) {
      const auto position = journal->number(i, 0);
      if (position == position_ && batch_index_ == whole_batch) continue;
      out.position = position;
      out.batch_index = whole_batch;
      out.moved = true;
      if (journal->number(i, 2) == 0) continue;
      events += journal->number(i, 2);
      batches += (batches.empty() ? "" : ",") + std::string{journal->text(i, 1)};
      // Text of one form and zone: order of time is order of text within the years 1 to 9999.
      first = first.empty() ? std::string{journal->text(i, 3)}
                            : std::min(first, std::string{journal->text(i, 3)});
      last = std::max(last, std::string{journal->text(i, 4)});
    }
    if (batches.empty()) return out;
    return read(std::move(out), batches, first, last, most);
  }

  result<void> settle(const journal_stretch& stretch,
                      std::span<const delivery_failure> failed) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    if (!stretch.moved) return ok();
    return in_transaction([&]() -> result<void> {
      auto moved = session_.exec(
          move_sql, {me_.name, std::to_string(position_), std::to_string(batch_index_),
                     std::to_string(stretch.position), std::to_string(stretch.batch_index)});
      if (!moved) return moved.error();
      if (moved->affected() != 1) return not_mine();
      if (auto r = keep_failures(stretch.events, failed); !r) return r;
      if (auto r = session_.exec("COMMIT"); !r) return r.error();
      position_ = stretch.position;
      batch_index_ = stretch.batch_index;
      return ok();
    });
  }

  result<std::vector<delivery>> due(std::size_t most) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    auto r = session_.exec(
        fmt::format(due_sql, fmt::format(fmt::runtime(micros_sql), "occurred_at"), most),
        {me_.name});
    if (!r) return r.error();
    std::vector<delivery> all;
    for (int i = 0; i < r->size(); ++i) {
      auto d = delivery_from(*r, i, 0);
      if (!d) return d.error();
      d->attempts = static_cast<std::uint32_t>(r->number(i, 4));
      all.push_back(*std::move(d));
    }
    return all;
  }

  result<void> settle_due(std::span<const delivery> done,
                          std::span<const delivery_failure> failed) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    return in_transaction([&]() -> result<void> {
      if (auto r = keep_failures(done, failed); !r) return r;
      std::set<std::size_t> kept;
      for (const auto& f : failed) {
        if (!is_spent(done[f.index], f)) kept.insert(f.index);
      }
      for (std::size_t i = 0; i < done.size(); ++i) {
        if (kept.contains(i)) continue;
        auto r = session_.exec(
            forget_sql, {me_.name, to_string(done[i].event_id), to_rfc3339(done[i].occurred_at)});
        if (!r) return r.error();
      }
      if (auto r = session_.exec("COMMIT"); !r) return r.error();
      return ok();
    });
  }

  result<std::uint64_t> waiting(std::uint64_t most) override {
    auto r = session_.exec(fmt::format(waiting_sql, most), {me_.name});
    if (!r) return r.error();
    return static_cast<std::uint64_t>(r->number(0, 0));
  }

  result<std::optional<std::chrono::milliseconds>> due_in() override {
    auto r = session_.exec(due_in_sql, {me_.name});
    if (!r) return r.error();
    if (r->size() == 0) return std::optional<std::chrono::milliseconds>{};
    return std::optional{std::chrono::milliseconds{r->number(0, 0)}};
  }

 private:
  failure not_mine() const {
    return {errc::lease_lost, "the consumer " + me_.name + " is not served from here"};
  }

  result<void> find_place() {
    auto r = session_.exec(place_sql, {me_.name});
    if (!r) return r.error();
    if (r->size() == 0) return not_mine();
    position_ = r->number(0, 0);
    batch_index_ = static_cast<std::int32_t>(r->number(0, 1));
    return ok();
  }

  result<journal_stretch> read(journal_stretch out, const std::string& batches,
                               const std::string& first, const std::string& last,
                               std::size_t most) {
    auto r = session_.exec(
        fmt::format(events_sql, fmt::format(fmt::runtime(micros_sql), "m.occurred_at"),
                    envelope_sql, position_, out.position, batches, first, last, position_,
                    batch_index_, most),
        {me_.topic_prefix, pg_array_of(me_.kinds)});
    if (!r) return r.error();
    for (int i = 0; i < r->size(); ++i) {
      auto d = delivery_from(*r, i, 2);
      if (!d) return d.error();
      out.events.push_back(*std::move(d));
    }
    if (out.events.size() == most) {  // there may be more in the last batch
      out.position = r->number(r->size() - 1, 0);
      out.batch_index = static_cast<std::int32_t>(r->number(r->size() - 1, 1));
    }
    return out;
  }

  /// event_id, occurred_at, topic, event, from column `at` on.
  static result<delivery> delivery_from(const pg::rows& r, int i, int at) {
    const auto id = parse_uuid(r.text(i, at));
    if (!id) return failure{errc::internal, "an event id is no UUID"};
    return delivery{.event_id = *id,
                    .occurred_at = r.time(i, at + 1),
                    .topic = std::string{r.text(i, at + 2)},
                    .event = std::string{r.text(i, at + 3)}};
  }

  bool is_spent(const delivery& d, const delivery_failure& f) const {
    return f.final || !me_.retries.delay_after(d.attempts + 1, 0);
  }

  result<void> keep_failures(std::span<const delivery> events,
                             std::span<const delivery_failure> failed) {
    for (const auto& f : failed) {
      if (auto r = is_spent(events[f.index], f) ? dead_letter(events[f.index], f.why)
                                                : wait(events[f.index], f.why);
          !r) {
        return r;
      }
    }
    return ok();
  }

  result<void> wait(const delivery& d, const failure& why) {
    const auto attempts = d.attempts + 1;
    const auto delay = me_.retries.delay_after(attempts, seed_of(d.event_id));
    auto r = session_.exec(wait_sql, {me_.name, to_string(d.event_id), to_rfc3339(d.occurred_at),
                                      std::to_string(attempts), std::to_string(delay->count()),
                                      std::string{name_of(why.code)},
                                      storable_text(why.detail, 4096), d.topic, d.event});
    if (!r) return r.error();
    return ok();
  }

  result<void> dead_letter(const delivery& d, const failure& why) {
    const auto id = to_string(d.event_id);
    const auto at = to_rfc3339(d.occurred_at);
    const auto hash = sha256_of("consumer\n" + me_.name + "\n" + id + "\n" + at);
    sha256 hasher;
    const auto fingerprint = fingerprint_of(hasher, {consumer_stage, why.code, me_.name, ""});
    auto r = session_.exec(dead_letter_sql,
                           {to_hex(hash), me_.name, id, at, std::to_string(d.attempts + 1),
                            std::string{name_of(why.code)}, storable_text(why.detail, 4096),
                            fingerprint, d.topic, d.event});
    if (!r) return r.error();
    return ok();
  }

  /// `work` ends with COMMIT.
  template <class Work>
  result<void> in_transaction(Work work) {
    if (auto r = session_.exec("BEGIN"); !r) return r.error();
    auto done = work();
    if (!done && session_.is_open()) (void)session_.exec("ROLLBACK");
    return done;
  }

  database_options options_;
  consumer_options me_;
  pg::session session_;
  bool leads_{};
  std::int64_t position_{};
  std::int32_t batch_index_{-1};
};

}  // namespace

result<std::unique_ptr<consumer_store>> open_consumer_store(const database_options& options,
                                                            consumer_options consumer) {
  auto store = std::make_unique<pg_consumer_store>(options, std::move(consumer));
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<consumer_store>{std::move(store)};
}

}  // namespace td
