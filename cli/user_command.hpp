#pragma once

namespace CLI {
class App;
}

namespace td {

/// `taylordash user
/// list|add|set-role|reset-password|reset-totp|disable|enable|unlock|revoke-sessions`.
void add_user_command(CLI::App& app, int& status);

}  // namespace td
