#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/pipeline/contender.hpp"
#include "bench/pipeline/rounds.hpp"
#include "bench/report/page.hpp"
#include "bench/target.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What `taylordash-bench peers` is asked for. The peers are slower and get fewer events, enough
/// for several seconds each.
struct peers_options {
  bench_setup setup{};
  std::uint64_t insert_events{50'000};
  std::uint64_t copy_events{150'000};
  // The best of those that bench/README.md lists.
  peer_settings insert{.processes = 2, .connections = 16};
  peer_settings copy{.processes = 3, .connections = 1};
  std::string script{};  ///< path of usual_mirror.py
};

struct peers_results {
  peers_options options{};
  bench_record record{};
  std::vector<rounds> methods{};  ///< service, INSERT, COPY
};

/// Lets the service take turns with the usual stack in both forms. configuration_invalid: Python's
/// packages are missing. Other errors and progress as `run_pipeline_bench`.
result<peers_results> run_peers_bench(const peers_options& options, stop_signal& stop);

/// How many times as fast the service is, medians of the first method.
std::vector<target> targets_of(const peers_results& r);

std::string to_text(const peers_results& r);
report_page to_page(const peers_results& r);
std::string to_json(const peers_results& r);

}  // namespace td::bench
