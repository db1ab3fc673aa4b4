#pragma once

#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "storage/retention.hpp"

namespace td {

/// "tracker/events/tasks/", kind "task_updated": what a policy is about.
std::string policy_scope(const retention_policy& policy);

/// Policies in the order in which they count, and behind them what the settings say.
std::string render_policies(const terminal::output& to, const retention_rules& rules,
                            timestamp now);

/// What a run would take, and the sum.
std::string render_plan(const terminal::output& to, const retention_plan& plan,
                        const retention_rules& rules);

/// One sentence about what a run has taken.
std::string render_run(const retention_run& run);

/// One row each.
std::string render_runs(const terminal::output& to, const std::vector<retention_run>& runs,
                        timestamp now);

// One JSON object per line, for scripts.
std::string policies_json(const retention_rules& rules);
std::string plan_json(const retention_plan& plan, const retention_rules& rules);
std::string run_json(const retention_run& run);

}  // namespace td
