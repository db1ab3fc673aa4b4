#pragma once

#include <string>
#include <string_view>

#include "pipeline/result.hpp"
#include "pipeline/snapshot.hpp"

namespace td {

/// The snapshot as JSON, members named as in pipeline/snapshot.hpp. Times are RFC 3339 in UTC with
/// microseconds, `latency_us` is in microseconds, `counts.unaccounted` is derived. Text that is not
/// fit for printing is escaped by `printable`.
std::string to_json(const service_snapshot& s);

/// The other way round. Members that are missing keep their defaults and unknown ones are skipped,
/// so that neighbouring versions understand each other; `version` and `counts` must be there.
/// not_json, or payload_invalid with the pointer to what is not as it should be.
result<service_snapshot> snapshot_from_json(std::string_view text);

/// The answer of /health/ready: {"ready", "reasons": [...], "dependencies": [...], "findings":
/// [...]}. Findings are warnings and dangers; they never change `ready`: what they are about is
/// outside this process, and taking it out of service mends none of it.
std::string readiness_json(const service_snapshot& s);

/// [{"area", "code", "severity", "what", "mend", "where"}, ...]
std::string findings_json(const std::vector<finding>& findings);

}  // namespace td
