#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/report/page.hpp"
#include "bench/target.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// One stage of validation: nanoseconds of the clock per event, medians; below 0 where a side has
/// no such stage.
struct stage_cost {
  std::string name{};
  double ours{-1};
  double ajv{-1};
};

struct stages_results {
  std::string started_at{};
  facts machine{};
  facts versions{};
  std::vector<stage_cost> stages{};
  double whole{};      ///< ours: topic, parse, scan, envelope, schema
  double ajv_whole{};  ///< ajv's: parse, schema
};

/// From Google Benchmark's JSON and that of ajv_stage.mjs. configuration_invalid: which of them is
/// not what it has to be, and why.
result<stages_results> read_stages(const std::filesystem::path& ours,
                                   const std::filesystem::path& ajv);

std::vector<target> targets_of(const stages_results& r);
std::string to_text(const stages_results& r);
report_page to_page(const stages_results& r);
std::string to_json(const stages_results& r);

}  // namespace td::bench
