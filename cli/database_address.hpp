#pragma once

#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include "cli/config_options.hpp"
#include "cli/instance_file.hpp"
#include "storage/stores.hpp"

namespace td {

/// How somebody names the database that a command should work on: that of a standalone instance,
/// else the settings' database.url, else that of the instance in TAYLORDASH_DATA_DIR. Must live
/// until the command has run.
struct database_address_options {
  std::string data_dir{};  ///< --data-dir DIR of a standalone instance
  config_options config{};
};

/// Adds `--data-dir`, `--config` and `--set`.
void add_database_options(CLI::App& command, database_address_options& options);

/// Where that is, or why it can't be told. Of the settings only what concerns the database stands
/// in the way; that there are other problems is said on standard error. `application_name` is what
/// PostgreSQL shows of the connection.
boost::system::result<database_options, complaint> database_of(
    const database_address_options& options, std::string application_name);

/// The same; a complaint is printed to standard error. Absent: end with exit_failed.
std::optional<database_options> database_or_explain(const database_address_options& options,
                                                    std::string application_name);

/// One sentence for a person about a store that failed: which database, what is wrong, and what to
/// do where that is known.
std::string database_trouble(const database_options& database, const failure& why);

}  // namespace td
