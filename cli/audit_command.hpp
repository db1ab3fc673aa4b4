#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash audit list|verify`.
void add_audit_command(CLI::App& app, int& status);

}  // namespace td
