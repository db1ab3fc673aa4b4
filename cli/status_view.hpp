#pragma once

#include <optional>
#include <string>

#include "cli/terminal.hpp"
#include "pipeline/snapshot.hpp"

namespace td {

/// What `taylordash status` prints: a screen of aligned lines, coloured as `to` allows. Rates are
/// per second between the two snapshots; without an earlier one of the same process there are none.
/// Durations count up to `now.taken_at`, by the service's own clock.
std::string render_status(const terminal::output& to, const service_snapshot& now,
                          const std::optional<service_snapshot>& earlier);

}  // namespace td
