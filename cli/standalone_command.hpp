#pragma once

namespace CLI {
class App;
}

namespace td {

/// `standalone`: the pipeline with a PostgreSQL and a Mosquitto of its own, and the way to stop
/// them.
void add_standalone_command(CLI::App& app, int& status);

}  // namespace td
