#pragma once

#include "pipeline/result.hpp"
#include "storage/event_search.hpp"

namespace td {

namespace pg {
class rows;
}

/// The columns of a found_event, of the table alias `m`, and how many they are.
inline constexpr const char* found_event_columns =
    "m.event_id, m.trace_id, (extract(epoch FROM m.occurred_at) * 1000000)::bigint, "
    "(extract(epoch FROM m.received_at) * 1000000)::bigint, m.schema_version, m.kind, m.source, "
    "m.topic, m.payload";
inline constexpr int found_event_width = 9;

/// Reads them from the front of a row. internal: an id is none.
result<found_event> found_event_in(const pg::rows& r, int row);

}  // namespace td
