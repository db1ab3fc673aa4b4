#include "cli/serve_command.hpp"

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/cli.hpp"
#include "cli/config_options.hpp"
#include "cli/serve.hpp"

namespace td {

void add_serve_command(CLI::App& app, int& status) {
  auto* serve = app.add_subcommand("serve", "Run the pipeline against your broker and database");
  auto options = std::make_shared<config_options>();
  add_config_options(*serve, *options);
  serve->footer(
      "Stops in order on Ctrl-C or SIGTERM: what was read is committed and acknowledged first.\n"
      "Example:\n"
      "  taylordash serve --config /etc/taylordash/taylordash.toml");
  serve->callback([options, &status] {
    stop_signal stop;
    const auto config = load_or_explain(*options, database_need::required);
    if (!config) {
      status = exit_failed;
      return;
    }
    init_log(config->values);
    status = run_service(config->values, stop);
  });
}

}  // namespace td
