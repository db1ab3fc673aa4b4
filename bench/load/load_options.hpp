#pragma once

#include <optional>

#include <CLI/CLI.hpp>

#include "bench/load/mix.hpp"
#include "bench/load/profile.hpp"

namespace td::bench {

/// The command-line options of a load, the same for every command. What they write to must live as
/// long as `command`. Text that can't be read ends the parsing with the reason.

/// --profile
CLI::Option* add_profile_option(CLI::App& command, std::optional<load_profile>& to);

/// --sizes, --invalid, --duplicate, --out-of-order, --late-by
void add_mix_options(CLI::App& command, event_mix& to);

}  // namespace td::bench
