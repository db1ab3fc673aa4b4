#pragma once

namespace td {

/// The native envelope of a row of events_mirror, as JSON text; the table's alias is `m`. What is
/// null counts as absent.
inline constexpr const char* envelope_sql =
    "json_build_object('event_id', m.event_id, 'occurred_at', "
    "to_char(m.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "'trace_id', m.trace_id, 'kind', m.kind, 'source', m.source, "
    "'schema_version', m.schema_version, 'payload', m.payload)::text";

/// A time as microseconds since 1970; {} is the column.
inline constexpr const char* micros_sql = "(extract(epoch FROM {}) * 1000000)::bigint";

}  // namespace td
