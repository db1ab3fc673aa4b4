#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/generator.hpp"
#include "bench/pipeline/contender.hpp"
#include "bench/process_usage.hpp"
#include "bench/servers.hpp"
#include "bench/truth.hpp"
#include "pipeline/result.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// How the events and the consumer meet.
enum class method : std::uint8_t {
  backlog,  ///< all events are published first and wait in the broker; then the consumer starts
  live,     ///< producers publish as fast as the broker acknowledges, while the consumer runs
  paced,    ///< producers publish at a fixed rate (open loop), while the consumer runs
};

std::string_view name_of(method m) noexcept;

struct run_plan {
  method how{method::backlog};
  std::uint64_t events{};
  unsigned producers{4};
  std::size_t window{1000};
  double rate{};  ///< events per second, for `paced`
  std::uint64_t seed{1};
};

/// What one run has shown. Rates come from the database alone (but for who never writes there); CPU
/// from the kernel, of the time in which the consumer had work (backlog: from its start) until
/// everything was committed.
struct run_result {
  std::string contender{};
  stored_truth truth{};
  double seconds{};  ///< backlog: first received to last committed; else first published to that
  double rate{};     ///< rows per second of that
  cpu_time consumer{};
  cpu_time broker{};
  cpu_time postgres{};
  cpu_time generator{};       ///< zero for backlog: it worked before
  double other_cpu{};         ///< share of the machine that anybody else used meanwhile, 0..1
  std::size_t peak_memory{};  ///< of the consumer, bytes
  std::optional<commit_latency> latency{};

  /// Mean size of the batches; 0 where there is no journal.
  double batch_events() const noexcept {
    return truth.batches == 0
               ? 0
               : static_cast<double>(truth.rows) / static_cast<double>(truth.batches);
  }
  double microseconds_per_event(const cpu_time& t) const noexcept {
    return static_cast<double>(t.total().count()) * 1000 / static_cast<double>(truth.rows);
  }
};

/// Runs contenders against the bench's servers, one at a time. One thread.
class runner {
 public:
  /// `program`: the path of the bench itself, which is its own load generator.
  runner(bench_servers& servers, truth_reader& truth, stop_signal& stop, std::string program)
      : servers_{servers}, truth_{truth}, stop_{stop}, program_{std::move(program)} {}

  /// One run, from fresh servers to the proof that every published event is stored once.
  /// accounting_mismatch: it is not so. timed_out: nothing was committed for a minute. internal: a
  /// process failed, with its last words. stopping.
  result<run_result> run(const contender& who, const run_plan& plan);

  /// What the contender uses with nothing to do, from the moment it is ready.
  result<cpu_time> idle(const contender& who, std::chrono::milliseconds during);

  /// From the start of the process to its ready line, the database migrated.
  result<std::chrono::microseconds> start_to_ready(const contender& who);

  /// How long it takes to stop in order while producers publish as fast as they can. Starts it
  /// again and proves that every event is stored once; errors as `run`.
  result<std::chrono::microseconds> stop_under_load(const contender& who, const run_plan& plan);

 private:
  struct usage;
  struct end_of_run;
  using child_ptr = std::unique_ptr<child>;

  result<run_result> run_backlog(const contender& who, const run_plan& plan);
  result<run_result> run_beside(const contender& who, const run_plan& plan);
  result<run_result> run_alone(const contender& who, const run_plan& plan);
  result<run_result> finish(const contender& who, const run_plan& plan, const end_of_run& end);
  result<stored_truth> truth_of(const contender& who, const end_of_run& end);

  result<child_ptr> start_ready(const contender& who);
  result<void> stop(child& consumer);
  result<child_ptr> start_load(const run_plan& plan);
  result<load_report> await_load(child& load, const run_plan& plan);
  result<stored_truth> await_done(const contender& who, std::uint64_t events, child& consumer);
  result<truth_reader::seen_rows> look(const contender& who);
  usage usage_now(const child* consumer) const;

  bench_servers& servers_;
  truth_reader& truth_;
  stop_signal& stop_;
  std::string program_;
};

}  // namespace td::bench
