#pragma once

namespace CLI {
class App;
}

namespace td {

/// `config check`, `config keys`, `config example`.
void add_config_command(CLI::App& app, int& status);

}  // namespace td
