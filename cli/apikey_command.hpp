#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash apikey list|create|revoke`.
void add_apikey_command(CLI::App& app, int& status);

}  // namespace td
