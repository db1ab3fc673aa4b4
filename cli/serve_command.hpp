#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash serve`: the pipeline against servers that the user runs.
void add_serve_command(CLI::App& app, int& status);

}  // namespace td
