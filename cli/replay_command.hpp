#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash replay start|list|show|watch|pause|resume|cancel`.
void add_replay_command(CLI::App& app, int& status);

}  // namespace td
