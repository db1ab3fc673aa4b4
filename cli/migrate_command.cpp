#include "cli/migrate_command.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "actors/service.hpp"
#include "cli/cli.hpp"
#include "cli/config_options.hpp"
#include "cli/terminal.hpp"
#include "config/redact.hpp"
#include "storage/stores.hpp"

namespace td {
namespace {

using namespace terminal;

struct migrate_options {
  config_options config{};
  bool skip_lanes{};
};

bool migrate_database(const settings& s) {
  const auto database = redact_url(s.database.url);
  const auto window = partition_window_from(s);
  const auto applied = migrate(database_options_from(s, "taylordash migrate"), window);
  if (!applied) {
    print_error(
        fmt::format("the database {} is unchanged or partly migrated, each step as a whole: {}",
                    database, to_string(applied.error())));
    return false;
  }
  print(fmt::format("database {}: {}; partitions for {} days back and {} ahead\n", database,
                    *applied == 0 ? "is up to date" : counted(*applied, "migration") + " applied",
                    window.retention_days, window.days_ahead));
  return true;
}

bool make_lanes(const settings& s) {
  const auto broker = fmt::format("{}:{}", s.mqtt.host, s.mqtt.port);
  if (const auto made = provision_lanes(s); !made) {
    print_error(fmt::format(
        "the lanes' sessions at the broker {} are not made: {}. Until they are, an event that is "
        "published has nowhere to wait. Mend it and run migrate again (the database is done), or "
        "leave it to serve with --skip-lanes",
        broker, to_string(made.error())));
    return false;
  }
  print(fmt::format("broker {}: {} made or found; events published from now on are kept\n", broker,
                    s.ingest.lanes == 1
                        ? "the session of 1 lane is"
                        : fmt::format("the sessions of {} lanes are", s.ingest.lanes)));
  return true;
}

int run(const migrate_options& options) {
  const auto config = load_or_explain(options.config, database_need::required);
  if (!config || !migrate_database(config->values)) return exit_failed;
  if (options.skip_lanes) {
    print("broker: left alone (--skip-lanes)\n");
    return exit_ok;
  }
  return make_lanes(config->values) ? exit_ok : exit_failed;
}

}  // namespace

void add_migrate_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "migrate", "Update the database schema, make the lanes' sessions at the broker");
  auto options = std::make_shared<migrate_options>();
  add_config_options(*command, options->config);
  command->add_flag("--skip-lanes", options->skip_lanes, "The database only");
  command->footer(
      "Run it before the first producer and at each upgrade; as often as you like, also while\n"
      "services run. A database that is newer than this program is left alone.\n"
      "Example:\n"
      "  taylordash migrate --config /etc/taylordash/taylordash.toml");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace td
