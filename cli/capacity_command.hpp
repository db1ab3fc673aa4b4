#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash capacity`
void add_capacity_command(CLI::App& app, int& status);

}  // namespace td
