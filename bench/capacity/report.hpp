#pragma once

#include <filesystem>
#include <string>

#include "bench/capacity/capacity.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// Everything, as one line of JSON. Absent figures are null.
std::string to_json(const capacity_result& r);

/// A page that stands alone: answer, curve, stages, what to change, sizing, conditions.
std::string to_html(const capacity_result& r);

/// What the two files are called: "capacity.html", "capacity.json".
struct report_files {
  std::filesystem::path page{};
  std::filesystem::path data{};
};

/// Writes both into a folder, which is made. configuration_invalid, permission_denied: it can't.
result<report_files> write_report(const capacity_result& r, const std::filesystem::path& folder);

/// Makes sure, before minutes of measuring, that a report can be written there.
result<void> check_report_folder(const std::filesystem::path& folder);

}  // namespace td::bench
