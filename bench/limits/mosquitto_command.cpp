#include "bench/commands.hpp"
#include "bench/limits/drain_command.hpp"
#include "bench/limits/mosquitto_drain.hpp"

namespace td::bench {

void add_mosquitto_command(CLI::App& app, int& status) {
  add_drain_command(app, status, "drain-mosquitto",
                    "The same as `drain` over libmosquitto: what the usual library reaches",
                    drain_with_mosquitto);
}

}  // namespace td::bench
