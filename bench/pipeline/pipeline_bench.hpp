#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/pipeline/run.hpp"
#include "config/settings.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What `taylordash-bench pipeline` is asked for.
struct pipeline_options {
  std::vector<method> methods{method::backlog, method::live};  ///< the first is the headline
  std::uint32_t pairs{7};
  std::uint64_t events{400'000};  ///< of each run
  unsigned producers{4};
  std::size_t window{1000};
  lane_settings lanes{};
  double rate{};  ///< > 0: one more run of the service at this many events per second
  std::chrono::milliseconds idle_for{10'000};
  std::uint64_t seed{1};
  std::filesystem::path folder{};
  std::string service{};  ///< path of the taylordash binary
  std::string self{};     ///< path of the bench
};

/// One method's pairs: `service[i]` and `limit[i]` were run next to each other.
struct series {
  method how{};
  std::vector<run_result> service{};
  std::vector<run_result> limit{};

  /// Rate of the service as a part of the limit's, pair by pair.
  std::vector<double> ratios() const;
};

struct pipeline_results {
  pipeline_options options{};
  timestamp started_at{};
  facts machine{};
  facts versions{};
  std::vector<series> methods{};
  std::optional<run_result> paced{};
  double idle_cpu{};  ///< of one core, 0..1
  std::vector<double> start_to_ready_ms{};
};

/// Starts servers of its own, runs every pair in turn, idles, and removes everything again. One
/// line of progress per run on standard error. Fails with the first failure of any run: a bench
/// that lost an event has no figures. Blocks for minutes.
result<pipeline_results> run_pipeline_bench(const pipeline_options& options, stop_signal& stop);

}  // namespace td::bench
