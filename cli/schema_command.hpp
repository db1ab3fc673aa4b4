#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash schema list|show|check|add|shadow|promote|retire`.
void add_schema_command(CLI::App& app, int& status);

}  // namespace td
