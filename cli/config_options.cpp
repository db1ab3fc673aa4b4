#include "cli/config_options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/terminal.hpp"
#include "pipeline/log.hpp"

namespace td {
namespace {

using namespace terminal;

/// Warnings do not stop anything, so they go where everything else of a running service goes: as
/// JSON where the log is JSON, else as plain lines.
void say_warnings(const loaded_config& config) {
  const auto& log = config.values.log;
  const auto format = log_format_named(log.format, standard_error().terminal);
  const auto level = log_level_named(log.level);
  if (config.warnings.empty()) return;
  if (config.ok() && format == log_format::json && level) {
    init_log(*level, *format);
    for (const auto& warning : config.warnings) {
      log_warning("setting is doubtful", {kv("where", warning.where.text()), kv("key", warning.key),
                                          kv("what", warning.what)});
    }
    return;
  }
  for (const auto& warning : config.warnings) {
    write(standard_error(),
          fmt::format("{} {}\n", paint(standard_error(), colour::yellow, "warning:"),
                      visible(warning.text())));
  }
}

}  // namespace

void add_config_options(CLI::App& command, config_options& options) {
  command.add_option("--config", options.file, "Settings, a TOML file (or TAYLORDASH_CONFIG)")
      ->type_name("FILE")
      ->envname("TAYLORDASH_CONFIG");
  command
      .add_option("--set", options.overrides,
                  "One setting, for example mqtt.port=8883; wins over all else, repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
}

loaded_config load_with(const config_options& options, database_need need) {
  return load_config({options.file, environment_of(environ), options.overrides}, need);
}

std::optional<loaded_config> load_or_explain(const config_options& options, database_need need) {
  auto config = load_with(options, need);
  say_warnings(config);
  for (const auto& problem : config.problems) {
    write(standard_error(), visible(problem.text()) + "\n");
  }
  if (config.ok()) return config;
  print_error(fmt::format("{} in the settings; every setting explained: taylordash config keys",
                          counted(config.problems.size(), "problem")));
  return std::nullopt;
}

}  // namespace td
