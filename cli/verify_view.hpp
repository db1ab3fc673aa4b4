#pragma once

#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "verify/outcome.hpp"
#include "verify/run.hpp"

namespace td {

/// What `taylordash verify` prints while it runs: a progress bar and the counts so far, each line
/// at most `columns` wide.
std::vector<std::string> render_progress(const terminal::output& to, std::size_t columns,
                                         verify::stage at, const verify::tally& now);

/// The same in one line, for logs.
std::string progress_line(verify::stage at, const verify::tally& now);

/// The table and the verdict, with what they mean.
std::string render_outcome(const terminal::output& to, const verify::outcome& o);

}  // namespace td
