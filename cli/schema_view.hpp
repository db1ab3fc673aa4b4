#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "storage/schema_store.hpp"

namespace td {

/// The table of `schema list`.
std::string render_schemas(const terminal::output& to, const std::vector<stored_schema>& all);

/// The same for programs: one JSON object a line.
std::string schemas_json(const std::vector<stored_schema>& all);

/// What a candidate said: how many would fail, at which pointers, with samples. `of_what` names the
/// events: "live events since ..." or "stored events of the last 7 days".
std::string render_shadow(const terminal::output& to, const shadow_counts& counts,
                          std::string_view of_what);
std::string shadow_json(const shadow_counts& counts);

}  // namespace td
