#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.hpp"

namespace td {

/// A value as somebody wrote it. From the environment and from flags it is always `plain` text,
/// which each key reads in its own way; a TOML file says which type it means.
struct plain {
  std::string text;
};
/// A value that no key takes (a date, a table, ...): its name, with the article.
struct other_type {
  std::string name;
};
using raw_value = std::variant<plain, std::string, bool, std::int64_t, double,
                               std::vector<std::string>, other_type>;

enum class key_kind : std::uint8_t {
  text,
  secret,
  path,
  flag,
  choice,
  integer,
  size,
  duration,
  names
};

/// The numbers a key allows: in its own unit, in bytes, or in milliseconds.
struct key_range {
  std::int64_t least{};
  std::int64_t most{};
  std::int64_t step{1};
};

/// One row of the table of everything that can be set.
struct setting_key {
  std::string name;         ///< "mqtt.host"
  std::string environment;  ///< "TAYLORDASH_MQTT__HOST"
  key_kind kind{};
  std::string type;  ///< for people: "integer (TCP port)", "duration"
  std::string allowed;
  std::string_view what;
  std::string_view why;
  key_range range{};  ///< of integer, size and duration

  /// The member's value as a TOML literal, secrets in the clear.
  std::function<std::string(const settings&)> print;

  /// Puts a value into the member. Absent on success; else what is wrong with it, without saying
  /// what a secret's value was, and the member is unchanged.
  std::function<std::optional<std::string>(settings&, const raw_value&)> assign;

  bool secret() const noexcept { return kind == key_kind::secret; }
  std::string_view table() const { return std::string_view{name}.substr(0, name.find('.')); }
  std::string_view last() const { return std::string_view{name}.substr(name.find('.') + 1); }
};

/// Every key, in the order of the example file. Made once; any thread.
std::span<const setting_key> setting_keys();

/// The key of this name; null when there is none.
const setting_key* find_key(std::string_view name);

/// The key that this environment variable sets; null when there is none.
const setting_key* find_key_of_environment(std::string_view variable);

/// A TOML basic string: quoted and escaped.
std::string toml_string(std::string_view text);

}  // namespace td
