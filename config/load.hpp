#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/settings.hpp"

namespace td {

/// Where settings come from, in rising order: a value from a later source replaces one from an
/// earlier.
struct config_sources {
  std::string file{};                                              ///< TOML; empty: none
  std::vector<std::pair<std::string, std::string>> environment{};  ///< name, value
  std::vector<std::string> overrides{};                            ///< "mqtt.port=8883"
};

/// The variables of a process's environment, for config_sources.
std::vector<std::pair<std::string, std::string>> environment_of(const char* const* environ_block);

/// Where one value, or one problem, is to be found.
struct setting_source {
  enum class kind { built_in, file, environment, flag, implied, secret_file };
  kind what{kind::built_in};
  std::string name{};  ///< the file's, the variable's, the implying key's
  int line{};          ///< in the TOML file, from 1; 0: as a whole

  /// "taylordash.toml:12", "environment TAYLORDASH_MQTT__HOST", "--set", "default".
  std::string text() const;
};

/// "taylordash.toml:12: mqtt.port: 70000 is out of range; allowed: 1 to 65535"
struct config_problem {
  setting_source where{};
  std::string key{};   ///< empty where it is about the source as a whole
  std::string what{};  ///< what is wrong, and what is allowed; never a secret

  std::string text() const;
};

struct loaded_config {
  settings values{};
  std::string file{};                      ///< that was read; empty: none
  std::vector<setting_source> sources{};   ///< one per row of setting_keys(), in its order
  std::vector<config_problem> problems{};  ///< any of these stops the start
  std::vector<config_problem> warnings{};

  bool ok() const noexcept { return problems.empty(); }
  /// Where the value of this key came from; `name` must be a key.
  const setting_source& source(std::string_view name) const;
};

enum class database_need { optional, required };

/// Reads every source, checks every value and what contradicts what, reads the files that hold
/// secrets. Reports all problems at once, by source and line; the values are only fit for use when
/// there is none. Blocks on the file system. Never throws but std::bad_alloc.
loaded_config load_config(const config_sources& from, database_need need = database_need::required);

}  // namespace td
