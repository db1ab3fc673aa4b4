#include "bench/truth.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "bench/load/event_form.hpp"

namespace td::bench {

namespace {

// What scans every row of a long run may take so long.
constexpr std::chrono::minutes after_a_run{10};

constexpr const char* journal_sql = R"(
SELECT coalesce(sum(stored + dead_lettered), 0)::bigint, coalesce(sum(duplicate), 0)::bigint
FROM mirror_batches)";

constexpr const char* rows_sql =
    "SELECT count(*), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM events_mirror";

// One scan of the rows, one of the journal; times as microseconds since 1970.
constexpr const char* truth_sql = R"(
SELECT e.rows, e.id_sum, b.stored, b.duplicate, d.dead, b.batches,
       (extract(epoch FROM e.first_occurred) * 1000000)::bigint,
       (extract(epoch FROM e.first_received) * 1000000)::bigint,
       (extract(epoch FROM b.last_committed) * 1000000)::bigint,
       d.dead_id_sum, b.dead
FROM (SELECT count(*) AS rows,
             coalesce(sum(('x' || left(event_id::text, 8))::bit(32)::bigint), 0) AS id_sum,
             min(occurred_at) AS first_occurred, min(received_at) AS first_received
      FROM events_mirror) e,
     (SELECT coalesce(sum(stored), 0) AS stored, coalesce(sum(duplicate), 0) AS duplicate,
             coalesce(sum(dead_lettered), 0) AS dead, count(*) AS batches,
             max(committed_at) AS last_committed FROM mirror_batches) b,
     (SELECT count(*) AS dead,
             coalesce(sum(('x' || left(event_id::text, 8))::bit(32)::bigint), 0) AS dead_id_sum
      FROM dlq_events) d)";

constexpr const char* latency_sql = R"(
SELECT percentile_disc(ARRAY[0.5, 0.99, 0.999, 1]) WITHIN GROUP (ORDER BY took), count(*)
FROM (SELECT (extract(epoch FROM b.committed_at - e.occurred_at) * 1000)::float8 AS took
      FROM events_mirror e JOIN mirror_batches b USING (batch_id)) t)";

// When an event was due stands in its trace id (event_form.hpp), of a dead letter in its raw bytes.
const std::string due_times_sql = fmt::format(R"(
DROP TABLE IF EXISTS pg_temp.due_times;
CREATE TEMP TABLE due_times AS
SELECT ('x' || right(replace(e.trace_id::text, '-', ''), 16))::bit(64)::bigint AS due,
       (extract(epoch FROM b.committed_at) * 1000000)::bigint AS committed
FROM events_mirror e JOIN mirror_batches b USING (batch_id)
UNION ALL
SELECT ('x' || convert_from(substring(d.raw FROM {} FOR 16), 'LATIN1'))::bit(64)::bigint,
       (extract(epoch FROM b.committed_at) * 1000000)::bigint
FROM dlq_events d JOIN mirror_batches b USING (batch_id);
ANALYZE due_times;
SELECT count(*) FROM due_times)",
                                              event_form::trace_id.offset + 16 + 1);

constexpr const char* quantiles_sql = R"(
SELECT percentile_disc(ARRAY[0.5, 0.99, 0.999, 1])
         WITHIN GROUP (ORDER BY (committed - due)::float8 / 1000), count(*))";

constexpr const char* within_sql = R"(
FROM due_times WHERE $3::bool <> EXISTS (
  SELECT FROM unnest($1::bigint[], $2::bigint[]) AS span(a, z) WHERE due >= a AND due < z))";

constexpr const char* series_sql = R"(
, $1::bigint + (due - $1::bigint) / $2::bigint * $2::bigint AS step
FROM due_times WHERE due >= $1::bigint GROUP BY step ORDER BY step)";

/// A row of quantiles_sql.
commit_latency latency_of(const pg::rows& r, int row) {
  commit_latency l;
  if (r.is_null(row, 0)) return l;
  auto text = r.text(row, 0);  // {1.5,2.5,...}
  for (double* to : {&l.p50_ms, &l.p99_ms, &l.p999_ms, &l.most_ms}) {
    if (!text.empty()) text.remove_prefix(1);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), *to).ptr;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  l.events = static_cast<std::uint64_t>(r.number(row, 1));
  return l;
}

std::string microseconds_text(timestamp t) {
  return std::to_string(t.time_since_epoch().count());
}

timestamp time_of(const pg::rows& r, int column) {
  return timestamp{std::chrono::microseconds{r.number(0, column)}};
}

}  // namespace

result<truth_reader> truth_reader::open(const std::string& database_url) {
  auto session = pg::session::open({.url = database_url, .application_name = "taylordash-bench"});
  if (!session) return session.error();
  return truth_reader{std::move(*session)};
}

result<std::uint64_t> truth_reader::decided() {
  auto counts = journal();
  if (!counts) return counts.error();
  return counts->decided;
}

result<journal_counts> truth_reader::journal() {
  auto r = session_.exec(journal_sql);
  if (!r) return r.error();
  const auto decided = static_cast<std::uint64_t>(r->number(0, 0));
  return journal_counts{.decided = decided,
                        .delivered = decided + static_cast<std::uint64_t>(r->number(0, 1))};
}

result<truth_reader::seen_rows> truth_reader::rows_now() {
  auto r = session_.exec(rows_sql);
  if (!r) return r.error();
  return seen_rows{.rows = static_cast<std::uint64_t>(r->number(0, 0)), .at = time_of(*r, 1)};
}

result<stored_truth> truth_reader::read() {
  if (auto r = session_.set_statement_timeout(after_a_run); !r) return r.error();
  auto r = session_.exec(truth_sql);
  if (!r) return r.error();
  const auto count = [&](int column) { return static_cast<std::uint64_t>(r->number(0, column)); };
  return stored_truth{.rows = count(0),
                      .id_sum = count(1),
                      .journalled = count(2),
                      .duplicates = count(3),
                      .dead_letters = count(4),
                      .batches = count(5),
                      .first_occurred = time_of(*r, 6),
                      .first_received = time_of(*r, 7),
                      .last_committed = time_of(*r, 8),
                      .dead_id_sum = count(9),
                      .dead_journalled = count(10)};
}

result<commit_latency> truth_reader::latency() {
  if (auto r = session_.set_statement_timeout(after_a_run); !r) return r.error();
  auto r = session_.exec(latency_sql);
  if (!r) return r.error();
  return latency_of(*r, 0);
}

result<std::uint64_t> truth_reader::read_due_times() {
  if (auto r = session_.set_statement_timeout(after_a_run); !r) return r.error();
  auto r = session_.exec(due_times_sql);
  if (!r) return r.error();
  return static_cast<std::uint64_t>(r->number(0, 0));
}

result<commit_latency> truth_reader::latency_within(const std::vector<time_span>& spans,
                                                    bool outside) {
  std::string from, to;
  for (const auto& s : spans) {
    from += (from.empty() ? "" : ",") + microseconds_text(s.from);
    to += (to.empty() ? "" : ",") + microseconds_text(s.to);
  }
  auto r = session_.exec(std::string{quantiles_sql} + within_sql,
                         {"{" + from + "}", "{" + to + "}", outside ? "true" : "false"});
  if (!r) return r.error();
  return latency_of(*r, 0);
}

result<std::vector<latency_step>> truth_reader::latency_series(timestamp from,
                                                               std::chrono::milliseconds step) {
  auto r = session_.exec(
      std::string{quantiles_sql} + series_sql,
      {microseconds_text(from), std::to_string(std::chrono::microseconds{step}.count())});
  if (!r) return r.error();
  std::vector<latency_step> all;
  for (int row = 0; row < r->size(); ++row)
    all.push_back({.at = r->time(row, 2), .latency = latency_of(*r, row)});
  return all;
}

result<std::string> truth_reader::server_version() {
  auto r = session_.exec("SHOW server_version");
  if (!r) return r.error();
  return std::string{r->text(0, 0)};
}

result<std::chrono::microseconds> truth_reader::commit_time() {
  using steady = std::chrono::steady_clock;
  std::vector<std::chrono::microseconds> took;
  for (int i = 0; i < 50; ++i) {
    const auto begin = steady::now();
    // A record that nobody reads, with a commit to be flushed.
    if (auto r = session_.exec("SELECT pg_logical_emit_message(true, 'bench', '')"); !r)
      return r.error();
    took.push_back(std::chrono::floor<std::chrono::microseconds>(steady::now() - begin));
  }
  std::sort(took.begin(), took.end());
  return took[took.size() / 2];
}

result<void> check_exact(const stored_truth& found, const expected_truth& expected) {
  const auto valid = expected.published - expected.invalid;
  if (found.rows == valid && found.journalled == valid && found.dead_letters == expected.invalid &&
      found.dead_journalled >= expected.invalid &&
      found.id_sum + found.dead_id_sum == expected.id_sum) {
    return ok();
  }
  return failure{
      errc::accounting_mismatch,
      fmt::format("published {} events, {} of them invalid, with id sum {}; found {} rows with id "
                  "sum {}, {} in the journal, and {} dead letters with id sum {}",
                  expected.published, expected.invalid, expected.id_sum, found.rows, found.id_sum,
                  found.journalled, found.dead_letters, found.dead_id_sum)};
}

result<void> check_exact(const stored_truth& found, std::uint64_t published, std::uint64_t id_sum) {
  return check_exact(found, {.published = published, .id_sum = id_sum});
}

}  // namespace td::bench
