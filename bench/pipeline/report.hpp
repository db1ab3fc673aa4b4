#pragma once

#include <string>
#include <vector>

#include "bench/pipeline/pipeline_bench.hpp"
#include "bench/report/page.hpp"
#include "bench/target.hpp"

namespace td::bench {

/// The targets that this bench can judge. Ratio (to the limit) and CPU are medians of the first
/// method's rounds, memory is the most of any run of the service, start is a median.
std::vector<target> targets_of(const pipeline_results& r);

/// For a person: machine, versions, each method's table, targets.
std::string to_text(const pipeline_results& r);

/// The same as a page, with plots.
report_page to_page(const pipeline_results& r);

/// For programs: all of it, every run included; one line of JSON.
std::string to_json(const pipeline_results& r);

}  // namespace td::bench
