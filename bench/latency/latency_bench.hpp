#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/latency/open_run.hpp"
#include "bench/machine.hpp"
#include "config/settings.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What `taylordash-bench latency` is asked for.
struct latency_options {
  std::uint32_t runs{3};
  std::chrono::seconds each{20};
  double rate{};                          ///< events/s; 0: half of what a saturated run shows
  std::optional<load_profile> profile{};  ///< instead of a rate and `each`
  event_mix mix{};
  unsigned producers{2};
  std::size_t window{8000};
  lane_settings lanes{};
  std::uint64_t saturated_events{400'000};  ///< of the run that finds the capacity
  std::uint64_t seed{1};
  std::filesystem::path folder{};
  std::string service{};  ///< path of the taylordash binary
  std::string self{};     ///< path of the bench
  std::string command_line{};
};

struct latency_results {
  latency_options options{};
  timestamp started_at{};
  facts machine{};
  facts versions{};
  double capacity{};       ///< events/s of the saturated run; 0: not asked for
  load_profile profile{};  ///< of each run
  double commit_ms{};      ///< median of an empty COMMIT with its flush; see truth_reader
  std::vector<open_result> runs{};
};

/// Starts servers of its own, finds half of capacity, runs the service at it, removes everything
/// again. One line of progress per run on standard error. Fails with the first failure of any run.
/// Blocks for minutes.
result<latency_results> run_latency_bench(const latency_options& options, stop_signal& stop);

}  // namespace td::bench
