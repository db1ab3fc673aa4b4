#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace td::config {

/// One `key = value` of a TOML text. `key` has its table in front; what is no table of ours is one
/// entry as a whole.
struct toml_entry {
  std::string key;
  int line{};
  raw_value value;
};

struct toml_text {
  std::vector<toml_entry> entries{};  ///< by line
  std::string problem{};              ///< not empty: it is not TOML; what and where in the line
  int problem_line{};
};

/// Parses TOML 1.0 and flattens the tables named by the keys. What it means is the caller's.
/// A problem's sentence never quotes the text, which may hold a secret.
toml_text read_toml(std::string_view text);

}  // namespace td::config
