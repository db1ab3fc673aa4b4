#include "bench/capacity/store_view.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "bench/load/event_form.hpp"
#include "bench/process_usage.hpp"
#include "standalone/files.hpp"

namespace td::bench {

namespace {

constexpr int clock_looks = 9;  // the one with the shortest round trip is the most exact

constexpr std::chrono::minutes patience{5};

// Sorting the latencies of a long run must not use the disk that the next one is measured on.
// Nobody has analysed tables that were filled a moment ago: what the planner takes for a few rows
// are half a million, and a nested loop over them does not end.
constexpr const char* session_sql =
    "SET work_mem = '256MB'; SET enable_nestloop = off; SET jit = off";

constexpr const char* follow_sql =
    "SELECT coalesce(max(position), 0), "
    "coalesce(sum(stored + duplicate + dead_lettered), 0)::bigint, "
    "coalesce(min(batch_id), 0), coalesce(max(batch_id), 0) "
    "FROM mirror_batches WHERE position > {}";

// The bounds in batch_id let the BRIN index leave out what earlier loads have stored. When an event
// was due stands in its trace id (event_form.hpp), of a dead letter in its raw bytes.
constexpr const char* latency_sql = R"(
SELECT percentile_disc(ARRAY[0.5, 0.99, 0.999, 1]) WITHIN GROUP (ORDER BY took),
       count(*) FILTER (WHERE decided)
FROM (SELECT (committed - due)::float8 / 1000 AS took, true AS decided
      FROM (SELECT ('x' || right(replace(e.trace_id::text, '-', ''), 16))::bit(64)::bigint AS due,
                   (extract(epoch FROM b.committed_at) * 1000000)::bigint AS committed
            FROM events_mirror e JOIN mirror_batches b USING (batch_id)
            WHERE e.batch_id BETWEEN {0} AND {1} AND b.batch_id BETWEEN {0} AND {1}
            UNION ALL
            SELECT CASE WHEN convert_from(substring(d.raw FROM {4} FOR 16), 'LATIN1')
                               ~ '^[0-9a-f]{{16}}$'
                        THEN ('x' || convert_from(substring(d.raw FROM {4} FOR 16), 'LATIN1'))
                               ::bit(64)::bigint END,
                   (extract(epoch FROM b.committed_at) * 1000000)::bigint
            FROM dlq_events d JOIN mirror_batches b USING (batch_id)
            WHERE d.batch_id BETWEEN {0} AND {1} AND b.batch_id BETWEEN {0} AND {1}
           ) decided
      WHERE due >= {2} AND due < {3}
      UNION ALL
      SELECT ({5} - ({3} - i * {6}))::float8 / 1000, false
      FROM generate_series(1, {7}) i) t)";

constexpr const char* size_sql =
    "SELECT coalesce((SELECT sum(pg_total_relation_size(relid)) FROM "
    "pg_partition_tree('events_mirror')), 0)::bigint + pg_total_relation_size('dlq_events') + "
    "pg_total_relation_size('mirror_batches')";

/// Of "{1.5,2.5}", one after the other.
double next_number(std::string_view& text) {
  double value = 0;
  if (!text.empty()) text.remove_prefix(1);
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

result<database_state> look_at_database(const std::string& url) {
  auto session = pg::session::open({.url = url, .application_name = "taylordash-capacity"});
  if (!session) return session.error();
  database_state found;
  const auto tables = session->exec(
      "SELECT to_regclass('ingest_lanes') IS NOT NULL, to_regclass('events_mirror') IS NOT NULL, "
      "to_regclass('dlq_events') IS NOT NULL");
  if (!tables) return tables.error();
  found.has_lanes_table = tables->truth(0, 0);
  const struct {
    int column;
    const char* sql;
  } looks[]{{1, "SELECT EXISTS (SELECT FROM events_mirror)"},
            {2, "SELECT EXISTS (SELECT FROM dlq_events)"}};
  for (const auto& look : looks) {
    if (!tables->truth(0, look.column)) continue;
    const auto some = session->exec(look.sql);
    if (!some) return some.error();
    found.holds_events = found.holds_events || some->truth(0, 0);
  }
  std::optional<std::chrono::microseconds> shortest;
  for (int i = 0; i < clock_looks; ++i) {
    const auto before = now();
    const auto its =
        session->exec("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
    if (!its) return its.error();
    const auto trip = now() - before;
    if (shortest && trip >= *shortest) continue;
    shortest = trip;
    found.clock_ahead = its->time(0, 0) - (before + trip / 2);
  }
  return found;
}

result<store_view> store_view::open(const std::string& url) {
  auto session = pg::session::open({.url = url, .application_name = "taylordash-capacity"});
  if (!session) return session.error();
  if (auto r = session->set_statement_timeout(patience); !r) return r.error();
  if (auto r = session->exec(session_sql); !r) return r.error();
  store_view view{std::move(*session)};
  if (auto r = view.follow(); !r) return r.error();
  view.decided_ = 0;
  view.mark();
  return view;
}

result<void> store_view::follow() {
  auto r = session_.exec(fmt::format(follow_sql, position_));
  if (!r) return r.error();
  if (r->number(0, 0) == 0) return ok();
  position_ = r->number(0, 0);
  decided_ += static_cast<std::uint64_t>(r->number(0, 1));
  if (first_batch_ == 0) first_batch_ = r->number(0, 2);
  first_batch_ = std::min(first_batch_, r->number(0, 2));
  last_batch_ = std::max(last_batch_, r->number(0, 3));
  return ok();
}

result<commit_latency> store_view::latency(timestamp from, timestamp to,
                                           const unsent_events& left) {
  const auto us = [](timestamp t) { return t.time_since_epoch().count(); };
  const double apart = left.rate > 0 ? 1e6 / left.rate : 0;
  auto number = left.number;
  if (apart > 0)
    number = std::min(number,
                      static_cast<std::uint64_t>(static_cast<double>(us(to) - us(from)) / apart));
  auto r = session_.exec(fmt::format(latency_sql, first_batch_, last_batch_, us(from), us(to),
                                     event_form::trace_id.offset + 16 + 1, us(left.cut_at), apart,
                                     number));
  if (!r) return r.error();
  commit_latency l;
  if (r->is_null(0, 0)) return l;
  auto text = r->text(0, 0);
  for (double* into : {&l.p50_ms, &l.p99_ms, &l.p999_ms, &l.most_ms})
    *into = next_number(text);
  l.events = static_cast<std::uint64_t>(r->number(0, 1));
  return l;
}

result<void> store_view::forget() {
  if (auto r = session_.exec("TRUNCATE events_mirror, mirror_batches, dlq_events CASCADE"); !r)
    return r.error();
  position_ = 0;
  mark();
  last_batch_ = 0;
  return ok();
}

result<double> store_view::wal_bytes() {
  auto r = session_.exec("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint");
  if (!r) return r.error();
  return static_cast<double>(r->number(0, 0));
}

result<double> store_view::stored_bytes() {
  auto r = session_.exec(size_sql);
  if (!r) return r.error();
  return static_cast<double>(r->number(0, 0));
}

std::optional<pid_t> store_view::local_server() {
  auto r = session_.exec(
      "SELECT pg_backend_pid(), inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' "
      "OR inet_server_addr() = '::1'");
  if (!r || !r->truth(0, 1)) return std::nullopt;
  const auto line = read_text(fmt::format("/proc/{}/stat", r->number(0, 0)));
  // A forwarded port or another namespace: that pid is somebody else's, or nobody's.
  if (!line || line->find("(postgres)") == std::string::npos) return std::nullopt;
  const auto parsed = parse_stat_line(*line);
  if (!parsed || parsed->parent <= 1) return std::nullopt;
  return parsed->parent;
}

result<std::string> store_view::server_version() {
  auto r = session_.exec("SHOW server_version");
  if (!r) return r.error();
  return std::string{r->text(0, 0)};
}

}  // namespace td::bench
