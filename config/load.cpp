#include "config/load.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "config/checks.hpp"
#include "config/files.hpp"
#include "config/keys.hpp"
#include "config/redact.hpp"
#include "config/suggest.hpp"
#include "config/toml_reader.hpp"

namespace td {
namespace {

using source_kind = setting_source::kind;

constexpr std::string_view prefix = "TAYLORDASH_";
constexpr std::size_t largest_file = 1u << 20;

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const auto& key : setting_keys())
    names.push_back(key.name);
  return names;
}

/// Tables, or the keys of one table, in order: "host, port, username".
std::string listed(std::string_view table) {
  std::string text;
  std::string_view last;
  for (const auto& key : setting_keys()) {
    const auto name = table.empty() ? key.table() : key.last();
    if ((!table.empty() && key.table() != table) || name == last) continue;
    text += (text.empty() ? "" : ", ") + std::string{name};
    last = name;
  }
  return text;
}

std::vector<std::string_view> table_names() {
  std::vector<std::string_view> names;
  for (const auto& key : setting_keys()) {
    if (names.empty() || names.back() != key.table()) names.push_back(key.table());
  }
  return names;
}

/// What is wrong with a name that is no key.
std::string unknown(std::string_view name, const raw_value* value) {
  const auto tables = table_names();
  const bool is_table = std::find(tables.begin(), tables.end(), name) != tables.end();
  if (is_table) return fmt::format("must be a table; write [{}] on a line of its own", name);
  const auto* other = value ? std::get_if<other_type>(value) : nullptr;
  if (other && name.find('.') == std::string_view::npos) {
    const auto hint = did_you_mean(suggestions(name, tables));
    return fmt::format("unknown table; {}allowed: {}", hint.empty() ? "" : hint + " ", listed(""));
  }
  if (const auto hint = did_you_mean(suggestions(name, all_names())); !hint.empty()) {
    return "unknown key; " + hint;
  }
  const auto dot = name.find('.');
  const auto table = dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
  if (std::find(tables.begin(), tables.end(), table) != tables.end()) {
    return fmt::format("unknown key; allowed in [{}]: {}", table, listed(table));
  }
  return fmt::format("unknown key; allowed: TABLE.KEY with one of the tables {}", listed(""));
}

class loader {
 public:
  loader() { config_.sources.resize(setting_keys().size()); }

  void read_file_of(const std::string& name) {
    config_.file = name;
    const auto content = config::read_file(name, largest_file);
    if (!content.problem.empty()) {
      problem({source_kind::file, name, 0}, "", content.problem);
      return;
    }
    const auto toml = config::read_toml(content.text);
    if (!toml.problem.empty()) {
      problem({source_kind::file, name, toml.problem_line}, "", toml.problem);
      return;
    }
    for (const auto& entry : toml.entries) {
      set({source_kind::file, name, entry.line}, entry.key, entry.value);
    }
    if (content.open_to_others && holds_secret()) {
      warning({source_kind::file, name, 0}, "",
              fmt::format("holds a password and every user of this machine may read it; "
                          "mend with: chmod o= {}",
                          name));
    }
  }

  void read_environment(std::vector<std::pair<std::string, std::string>> environment) {
    std::sort(environment.begin(), environment.end());
    for (const auto& [name, value] : environment) {
      if (!name.starts_with(prefix)) continue;
      if (const auto* key = find_key_of_environment(name)) {
        set({source_kind::environment, name, 0}, key->name, plain{value});
      } else {
        unknown_variable(name);
      }
    }
  }

  void read_overrides(const std::vector<std::string>& overrides) {
    const setting_source where{source_kind::flag, "", 0};
    for (const auto& text : overrides) {
      const auto equals = text.find('=');
      const auto name = text.substr(0, equals);
      const auto* key = find_key(name);
      if (equals == std::string::npos) {
        problem(where, name,
                "has no value; write --set KEY=VALUE, for example --set mqtt.port=8883");
      } else if (key && key->secret() && exposes(*key, text.substr(equals + 1))) {
        problem(where, name,
                fmt::format("a command line can be read by every user of this machine; use {}, the "
                            "file, or {}_file",
                            key->environment, name));
      } else {
        set(where, name, plain{text.substr(equals + 1)});
      }
    }
  }

  loaded_config finish(database_need need) {
    config::check_as_a_whole(config_, need);
    const auto by_place = [](const config_problem& a, const config_problem& b) {
      return std::pair{a.where.what, a.where.line} < std::pair{b.where.what, b.where.line};
    };
    std::stable_sort(config_.problems.begin(), config_.problems.end(), by_place);
    std::stable_sort(config_.warnings.begin(), config_.warnings.end(), by_place);
    return std::move(config_);
  }

 private:
  void problem(setting_source where, std::string key, std::string what) {
    config_.problems.push_back({std::move(where), std::move(key), std::move(what)});
  }
  void warning(setting_source where, std::string key, std::string what) {
    config_.warnings.push_back({std::move(where), std::move(key), std::move(what)});
  }

  void set(setting_source where, const std::string& name, const raw_value& value) {
    const auto* key = find_key(name);
    if (!key) {
      problem(std::move(where), name, unknown(name, &value));
      return;
    }
    if (auto wrong = key->assign(config_.values, value)) {
      problem(std::move(where), name, *std::move(wrong));
      return;
    }
    config_.sources[static_cast<std::size_t>(key - setting_keys().data())] = std::move(where);
  }

  /// TAYLORDASH_TABLE__KEY is ours and must be right. Other names under the prefix are not
  /// necessarily (Kubernetes announces a service called taylordash as TAYLORDASH_PORT and the
  /// like), but one underscore too few is worth a word.
  void unknown_variable(const std::string& name) {
    const setting_source where{source_kind::environment, name, 0};
    std::vector<std::string_view> names;
    for (const auto& key : setting_keys())
      names.push_back(key.environment);
    if (name.find("__") != std::string::npos) {
      auto hint = did_you_mean(suggestions(name, names));
      if (hint.empty()) hint = "allowed: TAYLORDASH_TABLE__KEY; all keys: taylordash config keys";
      problem(where, "", "sets no known key; " + hint);
      return;
    }
    for (const auto& key : setting_keys()) {
      auto single = key.environment;
      single.replace(single.find("__"), 2, "_");
      if (single == name) warning(where, "", "is ignored; did you mean " + key.environment + "?");
    }
  }

  static bool exposes(const setting_key& key, std::string_view value) {
    return key.name == "database.url" ? holds_password(value) : !value.empty();
  }

  bool holds_secret() const {
    return !config_.values.mqtt.password.empty() || holds_password(config_.values.database.url);
  }

  loaded_config config_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> environment_of(const char* const* environ_block) {
  std::vector<std::pair<std::string, std::string>> result;
  for (; environ_block && *environ_block; ++environ_block) {
    const std::string_view entry{*environ_block};
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return result;
}

std::string setting_source::text() const {
  switch (what) {
    case kind::built_in:
      return "default";
    case kind::file:
      return line > 0 ? fmt::format("{}:{}", name, line) : name;
    case kind::environment:
      return "environment " + name;
    case kind::flag:
      return "--set";
    case kind::implied:
      return "follows from " + name;
    case kind::secret_file:
      return "content of " + name;
  }
  return {};
}

std::string config_problem::text() const {
  if (where.what == setting_source::kind::built_in) return fmt::format("{}: {}", key, what);
  if (key.empty()) return fmt::format("{}: {}", where.text(), what);
  return fmt::format("{}: {}: {}", where.text(), key, what);
}

const setting_source& loaded_config::source(std::string_view name) const {
  const auto* key = find_key(name);
  if (!key) throw std::logic_error("no such key: " + std::string{name});
  return sources.at(static_cast<std::size_t>(key - setting_keys().data()));
}

loaded_config load_config(const config_sources& from, database_need need) {
  loader load;
  if (!from.file.empty()) load.read_file_of(from.file);
  load.read_environment(from.environment);
  load.read_overrides(from.overrides);
  return load.finish(need);
}

}  // namespace td
