#pragma once

#include <string>
#include <vector>

#include "bench/capacity/capacity.hpp"
#include "cli/terminal.hpp"

namespace td {

/// What `taylordash capacity` shows of the load that goes on, one line.
std::string render_look(const bench::run_look& now, bench::trial_kind why);

/// One rate that was measured, one line: for while it runs, and for logs.
std::string render_trial(const terminal::output& to, const bench::trial& t);

/// The answer, the rates, what stops more, and the sizing table.
std::string render_capacity(const terminal::output& to, const bench::capacity_result& r);

}  // namespace td
