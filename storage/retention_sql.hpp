#pragma once

/// The statements of retention. {0}, {1}...: filled in by fmt.
namespace td::retention_sql {

inline constexpr const char* policies =
    "SELECT what, topic_prefix, kind, keep_days, "
    "(extract(epoch FROM changed_at) * 1000000)::bigint, changed_by FROM retention_policies";

// -- counting: {0} the day's table, {1} what has expired ---

inline constexpr const char* count_day =
    "SELECT count(*) FILTER (WHERE {1}), count(*) FILTER (WHERE NOT ({1})), "
    "pg_total_relation_size('{0}'::regclass) FROM {0}";
inline constexpr const char* count_by_policy =
    "SELECT {2}, count(*) FROM {0} WHERE {1} GROUP BY 1 ORDER BY 1";

// -- days that were swept ---

inline constexpr const char* swept_days =
    "SELECT day - date '1970-01-01', rules, position FROM retention_swept_days";
// Days in which something was stored behind a position of the journal; few, because only closed
// days are asked for.
inline constexpr const char* late_days =
    "SELECT DISTINCT (first_occurred_at AT TIME ZONE 'UTC')::date - date '1970-01-01', "
    "(last_occurred_at AT TIME ZONE 'UTC')::date - date '1970-01-01' FROM mirror_batches "
    "WHERE position > $1 AND stored > 0 AND first_occurred_at < $2";
inline constexpr const char* journal_position =
    "SELECT coalesce(max(position), 0) FROM mirror_batches";
inline constexpr const char* mark_swept =
    "INSERT INTO retention_swept_days AS s (day, rules, position) VALUES ($1, $2, $3) "
    "ON CONFLICT (day) DO UPDATE SET rules = excluded.rules, position = excluded.position";
inline constexpr const char* forget_swept = "DELETE FROM retention_swept_days WHERE day < $1";

// -- a day whose rows go one by one ---

inline constexpr const char* pages =
    "SELECT pg_relation_size('{0}'::regclass) / current_setting('block_size')::bigint";
inline constexpr const char* erase_pages =
    "DELETE FROM {0} WHERE ctid >= '({1},0)' AND ctid < '({2},0)' AND ({3})";

// -- a day that is rewritten: {0} the day's table, {1} its copy, {2} and {3} midnights ---

inline constexpr const char* leftovers =
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ "
    "'^events_mirror_[0-9]{8}_kept$' "
    "AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events_mirror'::regclass)";

// The constraint lets ATTACH see without reading that every row belongs to the day; it goes with
// the swap. One snapshot for the copy, the counts and the journal's position.
inline constexpr const char* make_copy =
    "BEGIN ISOLATION LEVEL REPEATABLE READ; "
    "CREATE TABLE {1} (LIKE events_mirror INCLUDING ALL, CONSTRAINT one_day CHECK "
    "(occurred_at >= '{2}' AND occurred_at < '{3}'))";
inline constexpr const char* copy_kept =
    "INSERT INTO {1} SELECT * FROM events_mirror WHERE occurred_at >= '{2}' AND occurred_at < "
    "'{3}' "
    "AND NOT ({4})";
inline constexpr const char* search_indexes_of =
    "SELECT right(n.relname, -length('{0}_')) FROM pg_index x JOIN pg_class n ON n.oid = "
    "x.indexrelid WHERE x.indrelid = '{0}'::regclass AND x.indisvalid";

// Nobody reads or writes the mirror between this and COMMIT, which follows within milliseconds; who
// can't get the lock at once gives way, so that ingest never queues for longer than this.
inline constexpr const char* lock_mirror =
    "BEGIN; SET LOCAL lock_timeout = '250ms'; SELECT {0}; "
    "LOCK TABLE events_mirror IN ACCESS EXCLUSIVE MODE";
// What was committed behind the copy's snapshot: every batch has its row in the journal, in commit
// order, and behind the lock none is on its way.
inline constexpr const char* late_batches =
    "SELECT batch_id FROM mirror_batches WHERE position > $1 AND stored > 0 "
    "AND first_occurred_at < $3 AND last_occurred_at >= $2 ORDER BY position LIMIT $4";
inline constexpr const char* add_late =
    "INSERT INTO {1} SELECT * FROM events_mirror WHERE occurred_at >= '{2}' AND occurred_at < "
    "'{3}' "
    "AND batch_id IN ({5}) AND NOT ({4})";
inline constexpr const char* count_late =
    "SELECT count(*) FROM {0} WHERE batch_id IN ({1}) AND ({2})";
inline constexpr const char* size_of = "SELECT pg_total_relation_size('{}'::regclass)";
inline constexpr const char* swap =
    "ALTER TABLE events_mirror DETACH PARTITION {0}; DROP TABLE {0}; "
    "ALTER TABLE {1} RENAME TO {0}; "
    "ALTER TABLE events_mirror ATTACH PARTITION {0} FOR VALUES FROM ('{2}') TO ('{3}'); "
    "ALTER TABLE {0} DROP CONSTRAINT one_day; ";

// -- dead letters ---

inline constexpr const char* count_dead_letters =
    "SELECT {0}, count(*) FROM dlq_events WHERE {1} GROUP BY 1 ORDER BY 1";
// Oldest first; where it stopped comes back.
inline constexpr const char* drop_dead_letters =
    "WITH picked AS (SELECT delivery_hash, last_failure FROM dlq_events WHERE last_failure < $1 "
    "AND (last_failure, delivery_hash) > ($2, $3::bytea) AND {0} "
    "ORDER BY last_failure, delivery_hash LIMIT 1000 FOR UPDATE SKIP LOCKED), "
    "gone AS (DELETE FROM dlq_events d USING picked p WHERE d.delivery_hash = p.delivery_hash "
    "RETURNING 1) SELECT (SELECT count(*) FROM gone), last_failure, delivery_hash FROM picked "
    "ORDER BY last_failure DESC, delivery_hash DESC LIMIT 1";

// -- runs ---

inline constexpr const char* begin_run =
    "INSERT INTO retention_runs (started_at, actor, days_dropped, events, dead_letters, bytes, "
    "error) VALUES (clock_timestamp(), $1, 0, 0, 0, 0, '') "
    "RETURNING id, (extract(epoch FROM started_at) * 1000000)::bigint";
inline constexpr const char* note_run =
    "UPDATE retention_runs SET days_dropped = $2, events = $3, dead_letters = $4, bytes = $5, "
    "error = $6, finished_at = CASE WHEN $7::boolean THEN clock_timestamp() END WHERE id = $1 "
    "RETURNING (extract(epoch FROM finished_at) * 1000000)::bigint";
// Some years of them.
inline constexpr const char* forget_runs =
    "DELETE FROM retention_runs WHERE id <= $1::bigint - 10000";
inline constexpr const char* runs =
    "SELECT id, (extract(epoch FROM started_at) * 1000000)::bigint, "
    "(extract(epoch FROM finished_at) * 1000000)::bigint, actor, days_dropped, events, "
    "dead_letters, bytes, error FROM retention_runs ORDER BY id DESC LIMIT $1";

// -- policies, for people ---

inline constexpr const char* set_policy =
    "INSERT INTO retention_policies AS p (what, topic_prefix, kind, keep_days, changed_at, "
    "changed_by) VALUES ($1, $2, $3, $4, clock_timestamp(), $5) ON CONFLICT (what, topic_prefix, "
    "kind) DO UPDATE SET keep_days = excluded.keep_days, changed_at = excluded.changed_at, "
    "changed_by = excluded.changed_by";
inline constexpr const char* remove_policy =
    "DELETE FROM retention_policies WHERE what = $1 AND topic_prefix = $2 AND kind = $3";

inline constexpr const char* defaults =
    "SELECT events_days, dead_letter_hours FROM retention_defaults";
inline constexpr const char* note_defaults =
    "INSERT INTO retention_defaults AS d (one, events_days, dead_letter_hours, noted_at) "
    "VALUES (true, $1, $2, clock_timestamp()) ON CONFLICT (one) DO UPDATE SET "
    "events_days = excluded.events_days, dead_letter_hours = excluded.dead_letter_hours, "
    "noted_at = excluded.noted_at WHERE (d.events_days, d.dead_letter_hours) <> "
    "(excluded.events_days, excluded.dead_letter_hours)";

// Who holds the maintenance lock: {0} its class.
inline constexpr const char* leader =
    "SELECT a.application_name, a.pid, coalesce(host(a.client_addr), 'this machine'), a.usename "
    "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND "
    "l.granted "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND l.classid = {0} AND l.objid = 0 AND l.objsubid = 2";

}  // namespace td::retention_sql
