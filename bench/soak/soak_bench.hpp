#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/latency/open_run.hpp"
#include "bench/machine.hpp"
#include "bench/soak/trend.hpp"
#include "config/settings.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// What `taylordash-bench soak` is asked for.
struct soak_options {
  load_profile profile{};
  event_mix mix{};
  unsigned producers{2};
  std::size_t window{8000};
  lane_settings lanes{};
  std::uint64_t seed{1};
  std::filesystem::path folder{};
  std::string service{};  ///< path of the taylordash binary
  std::string self{};     ///< path of the bench
  std::string command_line{};
};

/// What the service held at one moment.
struct soak_sample {
  double seconds{};  ///< since the load began
  double memory{};   ///< bytes, resident
  double descriptors{};
};

struct soak_results {
  soak_options options{};
  timestamp started_at{};
  facts machine{};
  facts versions{};
  open_result run{};                   ///< its steps: minute by minute
  std::vector<soak_sample> samples{};  ///< while the load ran
};

/// How one figure of the service went, once it was warm.
struct soak_course {
  trend line{};
  double tolerance{};  ///< what it may grow over the whole time
  course verdict{course::undecided};
};

/// The first fifth (at most a minute) is warming up: pools fill, caches grow.
/// Memory may grow by 2 %, or 1 MiB where that is more; descriptors by one.
soak_course memory_course(const std::vector<soak_sample>& samples);
soak_course descriptor_course(const std::vector<soak_sample>& samples);

/// Starts servers of its own, runs the service under the load, looks at it every second, proves
/// that every event is stored once, removes everything again. A line of progress each minute on
/// standard error. Fails as open_runner does.
result<soak_results> run_soak_bench(const soak_options& options, stop_signal& stop);

}  // namespace td::bench
