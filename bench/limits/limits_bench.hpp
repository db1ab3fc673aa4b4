#pragma once

#include <string>
#include <vector>

#include "bench/pipeline/rounds.hpp"
#include "bench/report/page.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What came of letting the service take turns with parts of its own way.
struct limits_results {
  bench_setup setup{};
  bench_record record{};
  std::vector<rounds> methods{};  ///< in the order of `run_limits_bench`
};

/// Starts servers of its own and measures, method by method: the service; limit_drain (no
/// validation, no actors); the same over libmosquitto; bare subscribers without a database; COPY
/// without a broker. Errors and progress as `run_pipeline_bench`.
result<limits_results> run_limits_bench(const bench_setup& setup, stop_signal& stop);

/// Which of the parts is the ceiling of the way, in a sentence: the slowest one measured alone.
std::string ceiling_of(const rounds& r);

std::string to_text(const limits_results& r);
report_page to_page(const limits_results& r);
std::string to_json(const limits_results& r);

}  // namespace td::bench
