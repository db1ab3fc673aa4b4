#include "cli/database_address.hpp"

#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "actors/service.hpp"
#include "cli/terminal.hpp"
#include "config/redact.hpp"
#include "standalone/data_directory.hpp"

namespace td {
namespace {

using found = boost::system::result<database_options, complaint>;

/// An instance that runs where it would without --data-dir is probably the one that is meant, but
/// a command that changes things does not guess.
std::string hint_at_an_instance() {
  const auto usual = default_data_dir();
  std::error_code ignored;
  if (!usual || !std::filesystem::exists(*usual / "run/env", ignored))
    return " (a standalone instance: --data-dir DIR)";
  return fmt::format("; a standalone instance runs in {0}: --data-dir {0}", usual->string());
}

found of_instance(const std::string& data_dir, std::string application_name) {
  const auto url = instance_variable(data_dir, "DATABASE_URL");
  if (!url) return url.error();
  return database_options{.url = *url, .application_name = std::move(application_name)};
}

found of_settings(const config_options& options, std::string application_name) {
  const auto config = load_with(options, database_need::optional);
  std::size_t others = 0;
  for (const auto& problem : config.problems) {
    const bool no_file = problem.key.empty() && problem.where.what == setting_source::kind::file;
    if (no_file || problem.key.starts_with("database.")) return complaint{problem.text()};
    ++others;
  }
  if (config.values.database.url.empty()) {
    // `standalone` heeds it, too. Settings that name a database win over it.
    if (const char* instance = std::getenv("TAYLORDASH_DATA_DIR"))
      return of_instance(instance, std::move(application_name));
    return complaint{
        fmt::format("which database? Name it with --config FILE (database.url), with "
                    "TAYLORDASH_DATABASE__URL, or with TAYLORDASH_DATABASE__URL_FILE{}",
                    hint_at_an_instance())};
  }
  if (others > 0) {
    terminal::print_error(fmt::format("{} in the settings; see them with: taylordash config check",
                                      terminal::counted(others, "problem")));
  }
  return database_options_from(config.values, std::move(application_name));
}

}  // namespace

void add_database_options(CLI::App& command, database_address_options& options) {
  command.add_option("--data-dir", options.data_dir, "The standalone instance in there")
      ->type_name("DIR");
  add_config_options(command, options.config);
}

found database_of(const database_address_options& options, std::string application_name) {
  if (!options.data_dir.empty()) return of_instance(options.data_dir, std::move(application_name));
  return of_settings(options.config, std::move(application_name));
}

std::optional<database_options> database_or_explain(const database_address_options& options,
                                                    std::string application_name) {
  auto database = database_of(options, std::move(application_name));
  if (database) return *std::move(database);
  terminal::print_error(terminal::visible(database.error().text));
  return std::nullopt;
}

std::string database_trouble(const database_options& database, const failure& why) {
  const auto where = redact_url(database.url);
  switch (why.code) {
    case errc::database_away:
      return fmt::format("the database {} cannot be reached: {}", where, why.detail);
    case errc::database_refused:
      return fmt::format("the database {} does not let us in: {}", where, why.detail);
    case errc::database_busy:
      return fmt::format("the database {} is busy: {}; try again", where, why.detail);
    case errc::configuration_invalid:
      return fmt::format(
          "the database {} cannot be used: {}; if it is not migrated to this version: taylordash "
          "migrate",
          where, why.detail);
    default:
      return fmt::format("the database {}: {}", where, to_string(why));
  }
}

}  // namespace td
