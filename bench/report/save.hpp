#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "bench/report/page.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// build/bench-results/NAME-2026-11-21T154501Z.json, below the current folder.
std::filesystem::path default_result_file(std::string_view name);

/// Writes the JSON to `file` and the page beside it, with the ending .html; makes the folder.
/// Returns where the page is. internal: which file can't be written, and why.
result<std::filesystem::path> save_report(const std::filesystem::path& file, std::string_view json,
                                          const report_page& page);

}  // namespace td::bench
