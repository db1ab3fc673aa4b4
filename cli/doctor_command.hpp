#pragma once

namespace CLI {
class App;
}

namespace td {

/// `doctor`: looks at broker, database, machine and a running service, and says what to change.
void add_doctor_command(CLI::App& app, int& status);

}  // namespace td
