#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/replay_store.hpp"

namespace td {

/// replay_jobs.filter. Members that do not narrow are left out.
std::string to_json(const replay_filter& filter);
/// What `to_json` wrote. configuration_invalid: it says something else, which must not be taken for
/// less than it means.
result<replay_filter> replay_filter_from(std::string_view json);

/// replay_jobs.reasons.
std::string to_json(const std::vector<replay_reason>& reasons);
std::vector<replay_reason> replay_reasons_from(std::string_view json);

/// Adds the refusals of a stretch; most frequent first, at most `most_replay_reasons` of them, the
/// rest under the code "other".
inline constexpr std::size_t most_replay_reasons = 50;
void add_reasons(std::vector<replay_reason>& to, const replay_stretch& stretch,
                 const replay_outcome& outcome);

}  // namespace td
