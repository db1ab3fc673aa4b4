#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash verify`: the promise, checked on this machine while parts of the product are killed.
void add_verify_command(CLI::App& app, int& status);

}  // namespace td
