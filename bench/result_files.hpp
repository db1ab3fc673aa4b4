#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pipeline/result.hpp"

namespace td::bench {

/// build/bench-results/NAME-2026-11-21T101500Z.json, of now.
std::filesystem::path default_result_file(std::string_view bench);

/// The path of the page that stands beside a JSON file: the same name, .html.
std::filesystem::path page_beside(const std::filesystem::path& json_file);

/// Writes a file, and its folder where there is none. internal: it can't be written.
result<void> write_result(const std::filesystem::path& file, std::string_view text);

}  // namespace td::bench
