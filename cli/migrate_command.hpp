#pragma once

namespace CLI {
class App;
}

namespace td {

/// `migrate`: the database schema and the lanes' sessions at the broker.
void add_migrate_command(CLI::App& app, int& status);

}  // namespace td
