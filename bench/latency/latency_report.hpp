#pragma once

#include <string>
#include <vector>

#include "bench/latency/latency_bench.hpp"
#include "bench/report/page.hpp"
#include "bench/report/plot.hpp"
#include "bench/target.hpp"

namespace td::bench {

/// The design's targets at half of capacity, away from a broker's save: medians over the runs.
/// Empty where the load was not half of capacity.
std::vector<target> targets_of(const latency_results& r);

/// For a person, for programs, and the page that stands alone.
std::string to_text(const latency_results& r);
std::string to_json(const latency_results& r);
report_page to_page(const latency_results& r);

/// "2 saves, 0.31 s in all", or "no save".
std::string saves_text(const std::vector<time_span>& saves);

/// p50, p99 and most of each step over the seconds of a run, the saves marked.
plot latency_plot(const std::string& title, const open_result& r);

}  // namespace td::bench
