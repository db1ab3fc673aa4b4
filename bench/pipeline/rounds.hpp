#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/pipeline/run.hpp"

namespace td::bench {

/// What every bench that lets contenders take turns is asked for.
struct bench_setup {
  std::vector<method> methods{method::backlog};  ///< the first is the headline
  std::uint32_t rounds{7};
  std::uint64_t events{400'000};  ///< of each run
  unsigned producers{4};
  std::size_t window{1000};
  lane_settings lanes{};
  std::uint64_t seed{1};
  std::filesystem::path folder{};
  std::string service{};  ///< path of the taylordash binary
  std::string self{};     ///< path of the bench
};

/// What a figure needs beside it.
struct bench_record {
  timestamp started_at{};
  std::string command{};
  facts machine{};
  facts versions{};
};

/// Now, here, with these servers.
bench_record record_of(const bench_setup& setup, const bench_servers& servers, truth_reader& truth,
                       stop_signal& stop);

/// Who takes part, and with how many events per run: a slow one needs fewer.
struct entrant {
  contender who{};
  std::uint64_t events{};
};

/// All runs of one contender, in order.
struct contender_runs {
  std::string name{};
  std::vector<run_result> runs{};
};

/// What came of contenders taking turns: run i of one was next to run i of each other.
struct rounds {
  method how{};
  std::vector<contender_runs> turns{};  ///< the subject first, then what it is measured against

  /// Rate of the first contender as a multiple of this one's, round by round.
  std::vector<double> ratios_to(std::size_t other) const;
};

/// Lets contenders take turns. Every run has ids of its own. One thread.
class referee {
 public:
  referee(const bench_setup& setup, runner& with) : setup_{setup}, runner_{with} {}

  /// One run of each that is not counted (the first on a new cluster makes WAL files that later
  /// ones only reuse: a third slower, whoever it is), then `setup.rounds` of each, interleaved;
  /// who goes first changes from round to round, so that drift of the machine favours nobody. One
  /// line of progress per run on standard error. Fails with the first run that fails.
  result<rounds> play(method how, const std::vector<entrant>& all);

  /// One run. The failure says whose, and with which seed. `rate`: for method::paced.
  result<run_result> run(const entrant& one, method how, double rate = 0);

 private:
  const bench_setup& setup_;
  runner& runner_;
  std::uint64_t runs_{};
};

}  // namespace td::bench
