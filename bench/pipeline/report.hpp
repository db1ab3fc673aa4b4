#pragma once

#include <string>
#include <vector>

#include "bench/pipeline/pipeline_bench.hpp"

namespace td::bench {

/// One target of the design and what was measured for it.
struct target {
  std::string what{};
  double wanted{};
  double found{};
  bool at_least{};  ///< `found` must not be below `wanted`; else not above
  std::string unit{};

  bool holds() const noexcept { return at_least ? found >= wanted : found <= wanted; }
};

/// The targets that this bench can judge. Ratio and CPU are medians of the first method's pairs,
/// memory is the most of any run of the service, start is a median.
std::vector<target> targets_of(const pipeline_results& r);

/// For a person: machine, versions, each method's table, targets.
std::string to_text(const pipeline_results& r);

/// For programs: all of it, every run included; one line of JSON.
std::string to_json(const pipeline_results& r);

}  // namespace td::bench
