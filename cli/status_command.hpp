#pragma once

namespace CLI {
class App;
}

namespace td {

/// `status`: what a running service says about itself, once or live.
void add_status_command(CLI::App& app, int& status);

}  // namespace td
