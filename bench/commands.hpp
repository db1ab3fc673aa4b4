#pragma once

#include <CLI/CLI.hpp>

namespace td::bench {

/// Each adds one subcommand, which leaves the process's exit status in `status`.
void add_pipeline_command(CLI::App& app, int& status);
void add_latency_command(CLI::App& app, int& status);
void add_soak_command(CLI::App& app, int& status);
void add_load_command(CLI::App& app, int& status);
void add_drain_command(CLI::App& app, int& status);
void add_mosquitto_command(CLI::App& app, int& status);
void add_subscribe_command(CLI::App& app, int& status);
void add_copy_command(CLI::App& app, int& status);
void add_limits_command(CLI::App& app, int& status);
void add_peers_command(CLI::App& app, int& status);
void add_stages_command(CLI::App& app, int& status);
void add_summary_command(CLI::App& app, int& status);

}  // namespace td::bench
