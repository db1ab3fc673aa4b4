#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "pipeline/result.hpp"

namespace td::bench {

/// What the commands of the bench share.

/// The path of the running program.
std::string own_path();

/// The running command as it was typed, quoted where a shell needs it.
std::string command_line();

/// Says why on standard error; the exit status.
int fail(const failure& why);

/// --service (the binary beside the bench) and --data-dir (one bench at a time and user; a killed
/// one's servers are found again there).
void add_own_servers(CLI::App& command, std::string& service, std::filesystem::path& folder);

/// --producers and --window, with what the variables hold as defaults.
void add_load_connections(CLI::App& command, unsigned& producers, std::size_t& window);

/// Writes the JSON file and the page beside it, and says where; the exit status.
int write_results(const std::filesystem::path& json_file, std::string_view json,
                  std::string_view html);

}  // namespace td::bench
