#pragma once

#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "storage/replay_store.hpp"

namespace td {

/// The table of `replay list`.
std::string render_replays(const terminal::output& to, const std::vector<replay_job>& jobs);

/// A job on one line, with a bar: fit to be written over in place.
std::string replay_progress(const replay_job& job);

/// A job, its result, why some did not pass, and what was done to it by whom.
std::string render_replay(const terminal::output& to, const replay_job& job,
                          const std::vector<replay_event>& audit);

/// "dead letters of topic tracker/events/tasks, kind task_updated, to the pipeline".
std::string describe(const replay_request& request);

}  // namespace td
