#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "bench/pipeline/rounds.hpp"
#include "bench/report/page.hpp"

namespace td::bench {

/// The options that all benches with contenders have.
struct setup_arguments {
  bench_setup setup{};
  std::string methods{};
  bool quick{};
  std::filesystem::path output{};
};

/// Adds them to a subcommand called `name`, whose defaults stand in `a`. Defaults of paths are set.
void add_setup_options(CLI::App& command, setup_arguments& a, const std::string& name);

/// What the options mean, after parsing.
void complete(const CLI::App& command, setup_arguments& a);

/// Writes `json` to the file (empty: build/bench-results/NAME-DATE.json) and the page beside it,
/// and says where both are. Returns the process's exit status.
int save_results(const std::string& name, std::filesystem::path file, const std::string& json,
                 const report_page& page);

/// One line on standard error, and the exit status for it.
int bench_failed(const std::string& why);

}  // namespace td::bench
