#pragma once

/// The statements of the outbox. {0}, {1}...: filled in by fmt.
namespace td::outbox_sql {

inline constexpr const char* channel = "taylordash_outbox";

// NOTIFY is sent with COMMIT, once per transaction.
inline constexpr const char* put =
    "WITH put AS (INSERT INTO outbox_events (event_id, occurred_at, entity, state, attempts, kind, "
    "topic, body, delivery_hash, created_at) "
    "VALUES ($1, $2, $3, 'pending', 0, $4, $5, $6, decode($7, 'hex'), now()) RETURNING 1) "
    "SELECT pg_notify('taylordash_outbox', '') FROM put";

// Ids of one entity appear in the order of its commits, because its writers hold its lock. Ids of
// different entities do not, hence no cursor but a state.
inline constexpr const char* next =
    "SELECT o.id, o.topic, o.body, o.attempts FROM outbox_events o WHERE o.state = 'pending' "
    "AND NOT EXISTS (SELECT FROM outbox_events e WHERE e.entity = o.entity AND e.id < o.id "
    "AND e.state IN ('pending', 'published')) ORDER BY o.id LIMIT {0}";

inline constexpr const char* mark_published =
    "UPDATE outbox_events SET state = 'published', attempts = attempts + 1, "
    "published_at = clock_timestamp() WHERE id = ANY ($1::bigint[]) AND state = 'pending'";

// $2: code, $3: detail, $4: fingerprint. As the mirror writes a dead letter of its own.
inline constexpr const char* give_up =
    "WITH row AS (UPDATE outbox_events SET state = 'dead_lettered', settled_at = clock_timestamp() "
    "WHERE id = $1 AND state = 'pending' RETURNING *), "
    "letter AS (INSERT INTO dlq_events AS d (delivery_hash, first_failure, last_failure, batch_id, "
    "lane, attempts, status, stage, code, detail, pointer, fingerprint, topic, event_id, "
    "occurred_at, kind, source, raw) "
    "SELECT delivery_hash, now(), now(), 0, -1, 1, 'open', 'outbox', $2, $3, '', $4, topic, "
    "event_id, occurred_at, kind, body::json ->> 'source', convert_to(body, 'UTF8') FROM row "
    "ON CONFLICT (delivery_hash) DO UPDATE SET attempts = d.attempts + 1, "
    "last_failure = excluded.last_failure, stage = excluded.stage, code = excluded.code, "
    "detail = excluded.detail, fingerprint = excluded.fingerprint) "
    "SELECT kind, encode(delivery_hash, 'hex') FROM row";

inline constexpr const char* journal = "SELECT coalesce(max(position), 0) FROM mirror_batches";

// By the mirror's primary key, row by row (OFFSET 0 forbids a join, which could read all of it);
// days are pruned while it runs.
inline constexpr const char* confirm =
    "UPDATE outbox_events o SET state = 'confirmed', settled_at = clock_timestamp() "
    "WHERE o.state = 'published' AND EXISTS (SELECT FROM events_mirror m "
    "WHERE m.event_id = o.event_id AND m.occurred_at = o.occurred_at OFFSET 0)";
inline constexpr const char* refuse =
    "UPDATE outbox_events o SET state = 'dead_lettered', settled_at = clock_timestamp() "
    "FROM dlq_events d WHERE o.state = 'published' AND d.delivery_hash = o.delivery_hash "
    "RETURNING o.id, o.kind, encode(d.delivery_hash, 'hex'), d.code, d.detail";
// $1: milliseconds after the first PUBACK.
inline constexpr const char* send_again =
    "UPDATE outbox_events SET state = 'pending' WHERE state = 'published' AND published_at < "
    "clock_timestamp() - $1::bigint * interval '1 millisecond' * "
    "power(2, least(attempts - 1, 6))";
inline constexpr const char* waiting =
    "SELECT count(*) FROM outbox_events WHERE state = 'published'";

inline constexpr const char* look =
    "SELECT (SELECT count(*) FROM outbox_events WHERE state = 'pending'), "
    "(SELECT count(*) FROM outbox_events WHERE state = 'published'), "
    "(SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(created_at)) * "
    "1000000)::bigint "
    "FROM outbox_events WHERE state IN ('pending', 'published')), "
    "(SELECT count(*) FROM outbox_events o JOIN dlq_events d ON d.delivery_hash = o.delivery_hash "
    "WHERE o.state = 'dead_lettered' AND d.status = 'open')";

inline constexpr const char* confirm_replayed =
    "UPDATE outbox_events o SET state = 'confirmed' WHERE o.state = 'dead_lettered' "
    "AND EXISTS (SELECT FROM events_mirror m WHERE m.event_id = o.event_id "
    "AND m.occurred_at = o.occurred_at OFFSET 0)";
// In steps, so that nobody waits long. $1: seconds.
inline constexpr const char* prune =
    "DELETE FROM outbox_events WHERE id IN (SELECT o.id FROM outbox_events o "
    "WHERE o.settled_at < clock_timestamp() - $1::bigint * interval '1 second' "
    "AND (o.state = 'confirmed' OR NOT EXISTS (SELECT FROM dlq_events d "
    "WHERE d.delivery_hash = o.delivery_hash AND d.status = 'open')) "
    "ORDER BY o.settled_at LIMIT 10000 FOR UPDATE OF o SKIP LOCKED)";

}  // namespace td::outbox_sql
