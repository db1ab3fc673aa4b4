#pragma once

#include <string>
#include <vector>

#include "storage/dead_letter_filter.hpp"
#include "storage/pg.hpp"

/// The statements about dead letters. {0}, {1}...: filled in by fmt.
namespace td::dead_letter_sql {

/// What a filter says, as a condition on `dlq_events d` with the parameters $1 to $10 of
/// `parameters_of`. They are constants to the planner, which drops what is not given.
inline constexpr const char* matches =
    "($1::timestamptz IS NULL OR d.last_failure >= $1) "
    "AND ($2::timestamptz IS NULL OR d.last_failure < $2) "
    "AND ($3::text IS NULL OR starts_with(d.topic, $3)) "
    "AND ($4::text IS NULL OR d.kind = $4) "
    "AND ($5::text IS NULL OR d.stage = $5) "
    "AND ($6::text IS NULL OR d.code = $6) "
    "AND ($7::text IS NULL OR CASE WHEN length($7) = 16 THEN d.fingerprint = $7 "
    "ELSE starts_with(d.fingerprint, $7) END) "
    "AND ($8::text IS NULL OR d.status = $8) "
    "AND ($9::text IS NULL OR coalesce(d.consumer, '') = $9) "
    "AND ($10::bytea[] IS NULL OR d.delivery_hash = ANY ($10))";

/// The parameters of `matches`; ids in full.
std::vector<pg::session::param> parameters_of(const dead_letter_filter& filter);

/// How many there are.
inline constexpr std::size_t parameters = 10;

inline constexpr const char* summary =
    "encode(d.delivery_hash, 'hex'), (extract(epoch FROM d.first_failure) * 1000000)::bigint, "
    "(extract(epoch FROM d.last_failure) * 1000000)::bigint, d.attempts, d.status, d.stage, "
    "d.code, d.detail, d.pointer, d.fingerprint, d.topic, coalesce(d.kind, ''), "
    "coalesce(d.source, ''), d.event_id, (extract(epoch FROM d.occurred_at) * 1000000)::bigint, "
    "coalesce(d.schema_version, 0), coalesce(d.consumer, ''), octet_length(d.raw), "
    "d.edited IS NOT NULL";
inline constexpr int summary_columns = 19;

// -- reading ---

// Some ids that begin with the digits between $1 and $2.
inline constexpr const char* find_ids =
    "SELECT encode(delivery_hash, 'hex') FROM dlq_events WHERE delivery_hash BETWEEN $1 AND $2 "
    "ORDER BY delivery_hash LIMIT 4";

// {0}: summary, {1}: matches, {2}: < or >, {3}: DESC or ASC
inline constexpr const char* list =
    "SELECT {0} FROM dlq_events d WHERE {1} AND ($11::timestamptz IS NULL OR "
    "(d.last_failure, d.delivery_hash) {2} ($11, $12::bytea)) "
    "ORDER BY d.last_failure {3}, d.delivery_hash {3} LIMIT $13";

inline constexpr const char* count = "SELECT count(*) FROM dlq_events d WHERE {0}";

// The newest letter of a group is the largest of fixed-width texts that begin with the time: one
// pass, and no sorting of groups that may hold millions. Samples of topics and kinds come from the
// first thousand letters that the index gives.
inline constexpr const char* groups =
    "SELECT g.letters, g.attempts, (extract(epoch FROM g.first_failure) * 1000000)::bigint, "
    "(extract(epoch FROM g.last_failure) * 1000000)::bigint, g.last_hour, g.last_day, t.topics, "
    "t.kinds, {0} FROM (SELECT d.fingerprint, count(*) AS letters, sum(d.attempts) AS attempts, "
    "min(d.first_failure) AS first_failure, max(d.last_failure) AS last_failure, "
    "count(*) FILTER (WHERE d.last_failure >= now() - interval '1 hour') AS last_hour, "
    "count(*) FILTER (WHERE d.last_failure >= now() - interval '1 day') AS last_day, "
    "max(to_char(d.last_failure, 'YYYYMMDDHH24MISSUS') || encode(d.delivery_hash, 'hex') "
    "COLLATE \"C\") AS newest FROM dlq_events d WHERE {1} GROUP BY d.fingerprint "
    "ORDER BY letters DESC, last_failure DESC LIMIT $11) g "
    "JOIN dlq_events d ON d.delivery_hash = decode(substr(g.newest, 21), 'hex') "
    "CROSS JOIN LATERAL (SELECT to_json((array_agg(DISTINCT f.topic))[1:{2}]) AS topics, "
    "coalesce(to_json((array_agg(DISTINCT f.kind) FILTER (WHERE f.kind IS NOT NULL))[1:{2}]), "
    "'[]') AS kinds FROM "
    "(SELECT d.topic, d.kind FROM dlq_events d WHERE d.fingerprint = g.fingerprint AND {1} "
    "LIMIT 1000) f) t ORDER BY g.letters DESC, g.last_failure DESC";

inline constexpr const char* get =
    "SELECT {0}, d.raw, d.edited FROM dlq_events d WHERE d.delivery_hash = $1";
inline constexpr const char* history =
    "SELECT (extract(epoch FROM at) * 1000000)::bigint, actor, action, detail, job "
    "FROM dlq_history WHERE delivery_hash = $1 ORDER BY id";

// -- changing ---

inline constexpr const char* add_history =
    "INSERT INTO dlq_history (delivery_hash, at, actor, action, detail) "
    "VALUES ($1, clock_timestamp(), $2, $3, $4)";

inline constexpr const char* lock_one =
    "SELECT status, octet_length(raw), coalesce(edited, raw) = $2, raw = $2 FROM dlq_events "
    "WHERE delivery_hash = $1 FOR UPDATE";
inline constexpr const char* set_edited =
    "UPDATE dlq_events SET edited = nullif($2::bytea, raw) WHERE delivery_hash = $1";

// By hash, as all who lock several dead letters do. What it looked at last comes back.
inline constexpr const char* move_some =
    "WITH picked AS (SELECT d.delivery_hash FROM dlq_events d WHERE {0} AND d.status = $11 "
    "AND d.delivery_hash > $12 ORDER BY d.delivery_hash LIMIT $13 FOR UPDATE), "
    "moved AS (UPDATE dlq_events d SET status = $14 FROM picked p "
    "WHERE d.delivery_hash = p.delivery_hash RETURNING d.delivery_hash), "
    "noted AS (INSERT INTO dlq_history (delivery_hash, at, actor, action, detail) "
    "SELECT delivery_hash, clock_timestamp(), $15, $16, $17 FROM moved) "
    "SELECT count(*), (SELECT delivery_hash FROM picked ORDER BY delivery_hash DESC LIMIT 1) "
    "FROM moved";

// -- everything ---

inline constexpr const char* begin_each =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL "
    "idle_in_transaction_session_timeout "
    "= 0";
inline constexpr const char* declare_each =
    "DECLARE letters NO SCROLL CURSOR FOR SELECT encode(d.delivery_hash, 'hex'), "
    "octet_length(d.raw) + coalesce(octet_length(d.edited), 0) FROM dlq_events d WHERE {0} "
    "ORDER BY d.last_failure DESC, d.delivery_hash DESC";
inline constexpr const char* fetch_each = "FETCH FORWARD 500 FROM letters";
inline constexpr const char* read_each =
    "SELECT {0}, d.raw, d.edited FROM dlq_events d WHERE d.delivery_hash = ANY ($1::bytea[]) "
    "ORDER BY d.last_failure DESC, d.delivery_hash DESC";

}  // namespace td::dead_letter_sql
