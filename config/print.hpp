#pragma once

#include <string>

#include "config/load.hpp"

namespace td {

enum class secrets { hidden, shown };

/// The settings in force as a TOML file that loads to the same settings, each line with a comment
/// that says where its value came from. Hidden secrets read `***` (and no longer load to the same).
/// A secret that was read from its file is a comment, because the file's key stands there already.
std::string effective_toml(const loaded_config& config, secrets show = secrets::hidden);

/// config/taylordash.example.toml: every key with what it is, its type, range, default and reason.
std::string example_toml();

/// The table of keys for a terminal: name, type, allowed, default, what it is.
/// `only`: just keys that contain this text; empty: all.
std::string describe_keys(std::string_view only = {});

}  // namespace td
