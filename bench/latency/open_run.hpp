#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/child.hpp"
#include "bench/load/generator.hpp"
#include "bench/pipeline/contender.hpp"
#include "bench/process_usage.hpp"
#include "bench/servers.hpp"
#include "bench/truth.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// One open-loop load against a consumer.
struct open_plan {
  load_profile profile{};
  event_mix mix{};
  unsigned producers{2};
  std::size_t window{8000};  ///< wide: a broker that saves must not hold the schedule up
  std::uint64_t seed{1};
};

/// What it has shown, everything proven to be stored once.
struct open_result {
  load_report load{};
  stored_truth truth{};
  std::vector<time_span> saves{};     ///< of the broker, within the load
  commit_latency all{};               ///< due -> commit
  commit_latency away_from_save{};    ///< of the events that no save delays (see affected_by)
  commit_latency during_save{};       ///< of the others
  std::vector<latency_step> steps{};  ///< second by second, or as was asked
  cpu_time consumer{};
  cpu_time broker{};
  cpu_time postgres{};
};

/// Runs such loads against the bench's servers, one at a time. One thread.
class open_runner {
 public:
  /// `program`: the path of the bench itself, which is its own load generator.
  open_runner(bench_servers& servers, truth_reader& truth, stop_signal& stop, std::string program)
      : servers_{servers}, truth_{truth}, stop_{stop}, program_{std::move(program)} {}

  /// Called about once a second while the load and what it left are worked on.
  using look = std::function<void(pid_t consumer)>;

  /// One run, from fresh servers to the proof that every event is where it belongs. The latencies
  /// are stepped by `step`. accounting_mismatch: the proof failed, or events reached nobody.
  /// timed_out: nothing was committed for a minute. internal: a process failed, with its last
  /// words. stopping.
  result<open_result> run(const contender& who, const open_plan& plan,
                          std::chrono::milliseconds step = std::chrono::seconds{1},
                          const look& each_second = {});

 private:
  struct usage;
  using child_ptr = std::unique_ptr<child>;

  result<child_ptr> start_load(const open_plan& plan, const std::string& report_file);
  result<void> await_load(child& load, const child& consumer, const open_plan& plan,
                          const look& each_second);
  result<void> await_delivered(const load_report& load, const child& consumer,
                               const look& each_second);
  result<void> prove(open_result& r, std::chrono::milliseconds step);
  usage usage_now(const child& consumer) const;

  bench_servers& servers_;
  truth_reader& truth_;
  stop_signal& stop_;
  std::string program_;
};

}  // namespace td::bench
