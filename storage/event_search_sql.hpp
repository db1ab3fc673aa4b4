#pragma once

/// The statements of the search in the mirror. {0}, {1}...: filled in by fmt.
namespace td::event_search_sql {

// Days that hold something, and whether people can search them in order of time. $1 the first name,
// $2 behind the last.
inline constexpr const char* days =
    "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') - date '1970-01-01', EXISTS (SELECT FROM "
    "pg_index x JOIN pg_class n ON n.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisvalid "
    "AND n.relname = c.relname || '_time') FROM pg_class c "
    "JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'events_mirror'::regclass "
    "WHERE NOT i.inhdetachpending AND c.relname ~ '^events_mirror_[0-9]{8}$' "
    "AND c.relname >= $1 AND c.relname < $2 AND pg_relation_size(c.oid) > 0 ORDER BY c.relname";
inline constexpr const char* today =
    "SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date - "
    "date '1970-01-01'";

// -- closed days ---

// The bounds prune partitions while planning. {0} columns, {1} and {2} the day, {3} conditions,
// {4} DESC or nothing, {5} how many.
inline constexpr const char* of_day =
    "SELECT {0} FROM events_mirror m WHERE m.occurred_at >= '{1}' AND m.occurred_at < '{2}'{3} "
    "ORDER BY m.occurred_at {4}, m.event_id {4} LIMIT {5}";

// -- the journal ---

inline constexpr const char* newest_position =
    "SELECT coalesce(max(position), 0) FROM mirror_batches";
inline constexpr const char* oldest_position =
    "SELECT coalesce(min(position), 0) FROM mirror_batches";
inline constexpr const char* committed_at =
    "SELECT (extract(epoch FROM committed_at) * 1000000)::bigint FROM mirror_batches "
    "WHERE position = $1";
// Batches of a stretch of positions that hold events of a time. {0} DESC or nothing, {1} how many.
inline constexpr const char* batches =
    "SELECT position, batch_id, stored FROM mirror_batches WHERE position BETWEEN $1 AND $2 "
    "AND stored > 0 AND last_occurred_at >= $3 AND first_occurred_at < $4 "
    "ORDER BY position {0} LIMIT {1}";
// BRIN finds the batches, in one scan because it is one range; the bounds of time prune partitions.
// {0} columns, {1} and {2} positions, {3} and {4} batch ids, {5} and {6} bounds of time, {7}
// conditions, {8} DESC or nothing, {9} how many.
inline constexpr const char* of_batches =
    "SELECT {0}, b.position, m.batch_index FROM mirror_batches b "
    "JOIN events_mirror m ON m.batch_id = b.batch_id "
    "WHERE b.position BETWEEN {1} AND {2} AND m.batch_id BETWEEN {3} AND {4} "
    "AND m.occurred_at >= '{5}' AND m.occurred_at < '{6}'{7} "
    "ORDER BY b.position {8}, m.batch_index {8} LIMIT {9}";

// -- one event ---

inline constexpr const char* with_id =
    "SELECT {0} FROM events_mirror m WHERE m.event_id = $1 ORDER BY m.occurred_at DESC LIMIT 100";

}  // namespace td::event_search_sql
