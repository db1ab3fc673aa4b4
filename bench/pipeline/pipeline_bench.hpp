#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "bench/pipeline/rounds.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What `taylordash-bench pipeline` is asked for.
struct pipeline_options {
  bench_setup setup{};
  double rate{};  ///< > 0: one more run of the service at this many events per second
  std::chrono::milliseconds idle_for{10'000};
};

struct pipeline_results {
  pipeline_options options{};
  bench_record record{};
  std::vector<rounds> methods{};  ///< service, limit, libmosquitto
  std::optional<run_result> paced{};
  double idle_cpu{};  ///< of one core, 0..1
  std::vector<double> start_to_ready_ms{};
  std::vector<double> stop_under_load_ms{};
};

/// Starts servers of its own, lets the contenders take turns, idles, and removes everything again.
/// One line of progress per run on standard error. Fails with the first failure of any run: a bench
/// that lost an event has no figures. Blocks for minutes.
result<pipeline_results> run_pipeline_bench(const pipeline_options& options, stop_signal& stop);

}  // namespace td::bench
