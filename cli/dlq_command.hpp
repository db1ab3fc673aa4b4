#pragma once

namespace CLI {
class App;
}

namespace td {

/// `dlq list|groups|show|edit|discard|reopen|export`: what people do about dead letters.
void add_dlq_command(CLI::App& app, int& status);

}  // namespace td
