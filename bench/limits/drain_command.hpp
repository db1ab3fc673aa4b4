#pragma once

#include <stop_token>

#include <CLI/CLI.hpp>

#include "bench/limits/limit_drain.hpp"

namespace td::bench {

/// `drain`, or what is like it.
using drain_function = result<void> (*)(const drain_options&, std::stop_token, void (*ready)());

/// Adds a subcommand `name` that brings events from broker to table with `drains`.
void add_drain_command(CLI::App& app, int& status, const char* name, const char* what,
                       drain_function drains);

}  // namespace td::bench
