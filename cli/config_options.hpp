#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace CLI {
class App;
}

namespace td {

/// `--config FILE` (or TAYLORDASH_CONFIG) and `--set KEY=VALUE`, the same for every command that
/// reads settings. Must live until the command has run.
struct config_options {
  std::string file{};
  std::vector<std::string> overrides{};
};

void add_config_options(CLI::App& command, config_options& options);

/// Loads the settings of file, environment and flags without judging them.
loaded_config load_with(const config_options& options, database_need need);

/// Loads the settings; says every problem (one line each, "file:line: key: ...") and every warning
/// on standard error. Where the log of these settings is JSON, warnings are JSON lines too.
/// Absent when there is a problem: end with exit_failed.
std::optional<loaded_config> load_or_explain(const config_options& options, database_need need);

}  // namespace td
