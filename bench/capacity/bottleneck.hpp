#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/capacity/advice.hpp"
#include "bench/capacity/observation.hpp"

namespace td::bench {

/// A stage and how near it is to its end.
struct busy_stage {
  stage what{};
  double share{};  ///< 0..1

  bool operator==(const busy_stage&) const = default;
};

/// What stops the system from taking more.
struct bottleneck {
  stage what{};
  double share{};                    ///< how busy it was where the load was too much
  double share_at_answer{};          ///< and at the highest rate that was kept up; 0 without one
  std::optional<busy_stage> next{};  ///< what would stop it then
  bool certain{};                 ///< it was seen to be full, or the queue was seen in front of it
  std::string why{};              ///< one sentence with the figures
  std::vector<change> changes{};  ///< what to change first, then next
};

/// Finds it from what was seen just beyond the answer (or, when nothing failed, at the answer),
/// and at the answer (null: no rate was kept up). In this order, because what comes later also
/// waits for what comes earlier:
///   1. the generator, when it was late without the broker's holding it up;
///   2. the broker, when the backlog grows while lanes are idle: the queue stands before them;
///   3. all cores (when a third of what they do is ours), the broker's core, the disk: the busiest,
///      from 88 % on;
///   4. validators, connections with full batches (the larger of COPY and COMMIT), from 88 %;
///   5. lanes that are never idle, with full batches: the longest part of a batch's way;
///   6. otherwise whatever is busiest, not `certain`.
bottleneck find_bottleneck(const observation& beyond, const judgement& judged,
                           const observation* answer, const plant& here);

/// All stages that can be seen and can be full, the busiest first; connections only count with
/// batches at least half full.
std::vector<busy_stage> by_share(const observation& seen);

}  // namespace td::bench
