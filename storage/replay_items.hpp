#pragma once

#include <cstdint>

#include "pipeline/result.hpp"
#include "storage/pg.hpp"
#include "storage/replay_store.hpp"

namespace td {

/// How many items a job's filter matches, of those that were there when the job was made and stand
/// behind its cursor.
result<std::uint64_t> count_matching(pg::session& session, const replay_job& job);

/// At most `most` of them, the next ones. Dead letters come in the order of their hash, stored
/// events in the order of the journal. Cursors are "" (nothing is settled), a hash in hex, or
/// "position:batch_index".
result<replay_stretch> read_stretch(pg::session& session, const replay_job& job, std::size_t most);

}  // namespace td
