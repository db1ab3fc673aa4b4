#include "cli/config_command.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/config_options.hpp"
#include "cli/terminal.hpp"
#include "config/keys.hpp"
#include "config/print.hpp"

namespace td {
namespace {

using namespace terminal;

std::string summary(const loaded_config& config, const std::string& file) {
  std::size_t set = 0;
  for (const auto& source : config.sources) {
    if (source.what != setting_source::kind::built_in) ++set;
  }
  const auto where = file.empty() ? std::string{"no file (name one with --config)"} : file;
  return fmt::format("{}: {}. {} of {} settings {} set, the others have their defaults.\n", where,
                     paint(standard_output(), colour::green, "ok"), set, setting_keys().size(),
                     set == 1 ? "is" : "are");
}

int check(const config_options& options, bool show) {
  const auto config = load_or_explain(options, database_need::required);
  if (!config) return exit_failed;
  print(show ? effective_toml(*config) : summary(*config, options.file));
  return exit_ok;
}

int keys(const std::string& only) {
  const auto text = describe_keys(only);
  print(text);
  if (!text.empty()) return exit_ok;
  print_error(fmt::format("no key has \"{}\" in its name; all of them: taylordash config keys",
                          visible(only)));
  return exit_failed;
}

}  // namespace

void add_config_command(CLI::App& app, int& status) {
  auto* config = app.add_subcommand("config", "Check and explain settings");
  config->require_subcommand(1);

  auto* check_command = config->add_subcommand(
      "check", "Say everything that is wrong with the settings; exit 0 or 1");
  auto options = std::make_shared<config_options>();
  auto show = std::make_shared<bool>(false);
  add_config_options(*check_command, *options);
  check_command->add_flag("--show", *show,
                          "Print the settings in force and where each came from, secrets as ***");
  check_command->footer(
      "Example:\n"
      "  taylordash config check --config /etc/taylordash/taylordash.toml --show");
  check_command->callback([options, show, &status] { status = check(*options, *show); });

  auto* keys_command =
      config->add_subcommand("keys", "List every setting: meaning, range, default, reason");
  auto only = std::make_shared<std::string>();
  keys_command->add_option("TEXT", *only, "Only keys with this in their name");
  keys_command->footer("Example:\n  taylordash config keys timeout");
  keys_command->callback([only, &status] { status = keys(*only); });

  auto* example_command =
      config->add_subcommand("example", "Print a commented settings file with every default");
  example_command->footer("Example:\n  taylordash config example > taylordash.toml");
  example_command->callback([&status] {
    print(example_toml());
    status = exit_ok;
  });

  config->footer(
      "Settings come from a TOML file, the environment (TAYLORDASH_MQTT__HOST=...) and flags\n"
      "(--set mqtt.host=...); the later wins.\n"
      "Example:\n"
      "  taylordash config check --config taylordash.toml");
}

}  // namespace td
