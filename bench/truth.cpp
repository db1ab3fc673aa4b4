#include "bench/truth.hpp"

#include <charconv>

#include <fmt/format.h>

namespace td::bench {

namespace {

constexpr const char* decided_sql =
    "SELECT coalesce(sum(stored + dead_lettered), 0)::bigint FROM mirror_batches";

constexpr const char* rows_sql =
    "SELECT count(*), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM events_mirror";

// One scan of the rows, one of the journal; times as microseconds since 1970.
constexpr const char* truth_sql = R"(
SELECT e.rows, e.id_sum, b.stored, b.duplicate, d.dead, b.batches,
       (extract(epoch FROM e.first_occurred) * 1000000)::bigint,
       (extract(epoch FROM e.first_received) * 1000000)::bigint,
       (extract(epoch FROM b.last_committed) * 1000000)::bigint
FROM (SELECT count(*) AS rows,
             coalesce(sum(('x' || left(event_id::text, 8))::bit(32)::bigint), 0) AS id_sum,
             min(occurred_at) AS first_occurred, min(received_at) AS first_received
      FROM events_mirror) e,
     (SELECT coalesce(sum(stored), 0) AS stored, coalesce(sum(duplicate), 0) AS duplicate,
             count(*) AS batches, max(committed_at) AS last_committed FROM mirror_batches) b,
     (SELECT count(*) AS dead FROM dlq_events) d)";

constexpr const char* latency_sql = R"(
SELECT percentile_disc(ARRAY[0.5, 0.99, 0.999, 1]) WITHIN GROUP (ORDER BY took)
FROM (SELECT (extract(epoch FROM b.committed_at - e.occurred_at) * 1000)::float8 AS took
      FROM events_mirror e JOIN mirror_batches b USING (batch_id)) t)";

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
  auto r = session_.exec(decided_sql);
  if (!r) return r.error();
  return static_cast<std::uint64_t>(r->number(0, 0));
}

result<truth_reader::seen_rows> truth_reader::rows_now() {
  auto r = session_.exec(rows_sql);
  if (!r) return r.error();
  return seen_rows{.rows = static_cast<std::uint64_t>(r->number(0, 0)), .at = time_of(*r, 1)};
}

result<stored_truth> truth_reader::read() {
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
                      .last_committed = time_of(*r, 8)};
}

result<commit_latency> truth_reader::latency() {
  auto r = session_.exec(latency_sql);
  if (!r) return r.error();
  commit_latency l;
  auto text = r->text(0, 0);  // {1.5,2.5,...}
  for (double* to : {&l.p50_ms, &l.p99_ms, &l.p999_ms, &l.most_ms}) {
    if (!text.empty()) text.remove_prefix(1);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), *to).ptr;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return l;
}

result<std::string> truth_reader::server_version() {
  auto r = session_.exec("SHOW server_version");
  if (!r) return r.error();
  return std::string{r->text(0, 0)};
}

result<void> check_exact(const stored_truth& found, std::uint64_t published, std::uint64_t id_sum) {
  if (found.rows == published && found.journalled == published && found.dead_letters == 0 &&
      found.id_sum == id_sum) {
    return ok();
  }
  return failure{
      errc::accounting_mismatch,
      fmt::format("published {} events with id sum {}; found {} rows with id sum {}, {} in the "
                  "journal, {} dead letters",
                  published, id_sum, found.rows, found.id_sum, found.journalled,
                  found.dead_letters)};
}

}  // namespace td::bench
