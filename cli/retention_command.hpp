#pragma once

namespace CLI {
class App;
}

namespace td {

/// `retention list|set|remove|run|history`: how long what is kept.
void add_retention_command(CLI::App& app, int& status);

}  // namespace td
