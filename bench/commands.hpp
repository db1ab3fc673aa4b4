#pragma once

#include <CLI/CLI.hpp>

namespace td::bench {

/// Each adds one subcommand, which leaves the process's exit status in `status`.
void add_pipeline_command(CLI::App& app, int& status);
void add_latency_command(CLI::App& app, int& status);
void add_soak_command(CLI::App& app, int& status);
void add_load_command(CLI::App& app, int& status);
void add_drain_command(CLI::App& app, int& status);

}  // namespace td::bench
