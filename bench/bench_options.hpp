#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

namespace td::bench {

/// What the commands of the bench share.

/// The path of the running program.
std::string own_path();

/// --service (the binary beside the bench) and --data-dir (one bench at a time and user; a killed
/// one's servers are found again there).
void add_own_servers(CLI::App& command, std::string& service, std::filesystem::path& folder);

/// --output (the JSON file) of the bench called `name`.
void add_output(CLI::App& command, std::filesystem::path& output, const std::string& name);

/// --lanes of the service, and --seed.
void add_lanes_and_seed(CLI::App& command, std::size_t& lanes, std::uint64_t& seed);

/// --producers and --window, with what the variables hold as defaults.
void add_load_connections(CLI::App& command, unsigned& producers, std::size_t& window);

}  // namespace td::bench
