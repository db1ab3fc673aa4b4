#pragma once

/// The statements of replay jobs. {0}, {1}...: filled in by fmt.
namespace td::replay_sql {

// -- jobs ---

inline constexpr const char* create =
    "WITH made AS (INSERT INTO replay_jobs (source, target, consumer, filter, dry_run, rate, "
    "state, "
    "cursor, passed, duplicate, refused, reasons, error, created_at, created_by) "
    "VALUES ($1, $2, $3, $4::jsonb, $5, $6, 'waiting', '', 0, 0, 0, '[]', '', now(), $7) "
    "RETURNING id), noted AS (INSERT INTO replay_audit (job, at, actor, action, detail) "
    "SELECT id, now(), $7, 'created', $4 FROM made) SELECT id FROM made";
inline constexpr const char* columns =
    "id, source, target, consumer, filter, dry_run, coalesce(rate, 0), state, cursor, total, "
    "passed, duplicate, refused, reasons, error, (extract(epoch FROM created_at) * "
    "1000000)::bigint, "
    "created_by, (extract(epoch FROM started_at) * 1000000)::bigint, "
    "(extract(epoch FROM finished_at) * 1000000)::bigint";
inline constexpr const char* find = "SELECT {0} FROM replay_jobs WHERE id = $1";
inline constexpr const char* list = "SELECT {0} FROM replay_jobs ORDER BY id DESC LIMIT {1}";
inline constexpr const char* next =
    "SELECT {0} FROM replay_jobs WHERE state IN ('waiting', 'running') ORDER BY id LIMIT 1";
inline constexpr const char* audit =
    "SELECT (extract(epoch FROM at) * 1000000)::bigint, actor, action, detail FROM replay_audit "
    "WHERE job = $1 ORDER BY id";

// {0}: what changes besides the state; {1}: the states from which it may be reached.
inline constexpr const char* change =
    "WITH changed AS (UPDATE replay_jobs SET state = $2 {0} WHERE id = $1 AND state IN ({1}) "
    "RETURNING id) INSERT INTO replay_audit (job, at, actor, action, detail) "
    "SELECT id, now(), $3, $4, $5 FROM changed";
inline constexpr const char* is_served =
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND classid = {0} AND objid = 0 AND objsubid = 2 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";

// -- dead letters ---

// A letter that came after the job was made is not the job's. $1: the cursor, $2: the consumer, $3:
// when the job was made, then the filter. Parameters that are null or empty do not narrow.
inline constexpr const char* letters =
    "SELECT encode(delivery_hash, 'hex'), octet_length(coalesce(edited, raw)) {0} "
    "ORDER BY delivery_hash LIMIT {1}";
// The digest tells later whether somebody has edited the letter meanwhile.
inline constexpr const char* letter_bodies =
    "SELECT encode(delivery_hash, 'hex'), topic, coalesce(edited, raw), "
    "md5(coalesce(edited, raw)) FROM dlq_events WHERE delivery_hash = ANY ($1::bytea[]) "
    "ORDER BY delivery_hash";
inline constexpr const char* from_letters =
    "FROM dlq_events WHERE status = 'open' AND delivery_hash > decode($1, 'hex') "
    "AND consumer IS NOT DISTINCT FROM $2 AND first_failure <= $3 "
    "AND ($4::timestamptz IS NULL OR last_failure >= $4) "
    "AND ($5::timestamptz IS NULL OR last_failure < $5) "
    "AND starts_with(topic, $6) AND $7 IN ('', kind) "
    "AND CASE length($8) WHEN 0 THEN true WHEN 16 THEN fingerprint = $8 "
    "ELSE starts_with(fingerprint, $8) END "
    "AND ($9::bytea[] IS NULL OR delivery_hash = ANY ($9::bytea[]))";

// What was edited, discarded or replayed by others since it was read stays as it is.
inline constexpr const char* mark =
    "WITH sent AS (SELECT d.delivery_hash FROM dlq_events d JOIN unnest($1::bytea[], $5::text[]) "
    "AS s(hash, digest) ON d.delivery_hash = s.hash WHERE d.status = 'open' "
    "AND md5(coalesce(d.edited, d.raw)) = s.digest ORDER BY d.delivery_hash FOR UPDATE OF d), "
    "marked AS (UPDATE dlq_events d SET status = 'replayed' FROM sent "
    "WHERE d.delivery_hash = sent.delivery_hash RETURNING d.delivery_hash) "
    "INSERT INTO dlq_history (delivery_hash, at, actor, action, detail, job) "
    "SELECT delivery_hash, now(), $2, 'replayed', $3, $4 FROM marked";
inline constexpr const char* mark_refused =
    "WITH marked AS (UPDATE dlq_events SET attempts = attempts + 1, last_failure = now(), "
    "stage = $2, code = $3, detail = $4, pointer = $5, fingerprint = $6, "
    "schema_version = nullif($7::int, 0) WHERE delivery_hash = decode($1, 'hex') "
    "AND status = 'open' AND md5(coalesce(edited, raw)) = $10 RETURNING delivery_hash) "
    "INSERT INTO dlq_history (delivery_hash, at, actor, action, detail, job) "
    "SELECT delivery_hash, now(), $8, 'replay_failed', $3 || ': ' || $4, $9 FROM marked";

// -- the mirror ---

// The batches of the journal, in it when the job was made, that may hold such events. $1: the
// cursor's position, $2: when the job was made, $3 and $4: between which times.
inline constexpr const char* batches =
    "SELECT position, batch_id, stored, first_occurred_at, last_occurred_at FROM mirror_batches "
    "WHERE position >= $1 AND committed_at <= $2 AND stored > 0 "
    "AND last_occurred_at >= coalesce($3::timestamptz, '-infinity') "
    "AND first_occurred_at < coalesce($4::timestamptz, 'infinity') ORDER BY position LIMIT {0}";
// {1}: which batches. $1: when the job was made, $2 and $3: the cursor, then the filter.
inline constexpr const char* events =
    "SELECT b.position, m.batch_index, m.event_id, m.topic, {0} {1} "
    "ORDER BY b.position, m.batch_index LIMIT {2}";
inline constexpr const char* from_events =
    "FROM mirror_batches b JOIN events_mirror m ON m.batch_id = b.batch_id "
    "WHERE b.committed_at <= $1 AND (b.position, m.batch_index) > ($2::bigint, $3::int) "
    "AND ($4::timestamptz IS NULL OR m.occurred_at >= $4) "
    "AND ($5::timestamptz IS NULL OR m.occurred_at < $5) "
    "AND starts_with(m.topic, $6) AND $7 IN ('', m.kind) "
    "AND (cardinality($8::uuid[]) = 0 OR m.event_id = ANY ($8::uuid[]))";
inline constexpr const char* in_batches =
    " AND b.position BETWEEN {0} AND {1} AND m.batch_id = ANY ('{{{2}}}') "
    "AND m.occurred_at BETWEEN '{3}' AND '{4}'";

// Payloads are compared as jsonb; $1 to $5 are arrays.
inline constexpr const char* look_up =
    "SELECT m.event_id IS NOT NULL, coalesce(m.kind = e.kind AND m.source = e.source "
    "AND m.payload = e.payload::jsonb, false) FROM unnest($1::uuid[], $2::timestamptz[], "
    "$3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS e(id, at, kind, source, payload, n) "
    "LEFT JOIN events_mirror m ON m.event_id = e.id AND m.occurred_at = e.at "
    "AND m.occurred_at BETWEEN '{0}' AND '{1}' ORDER BY e.n";

// -- consumers ---

inline constexpr const char* has_consumer = "SELECT EXISTS (SELECT FROM consumers WHERE name = $1)";
inline constexpr const char* order_delivery =
    "INSERT INTO consumer_deliveries (consumer, event_id, occurred_at, attempts, next_attempt, "
    "job, "
    "topic, event) SELECT $1, ($3::text::json ->> 'event_id')::uuid, "
    "($3::text::json ->> 'occurred_at')::timestamptz, 0, now(), $4, $2, $3 "
    "ON CONFLICT DO NOTHING";
inline constexpr const char* is_ordered =
    "SELECT EXISTS (SELECT FROM consumer_deliveries WHERE consumer = $1 "
    "AND event_id = ($2::text::json ->> 'event_id')::uuid "
    "AND occurred_at = ($2::text::json ->> 'occurred_at')::timestamptz)";

// -- progress ---

inline constexpr const char* progress =
    "UPDATE replay_jobs SET cursor = $2, passed = passed + $3, duplicate = duplicate + $4, "
    "refused = refused + $5, reasons = $6::jsonb WHERE id = $1 AND cursor = $7";

}  // namespace td::replay_sql
