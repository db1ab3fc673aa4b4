#pragma once

#include <string>
#include <vector>

#include "bench/capacity/observation.hpp"

namespace td::bench {

/// A piece of advice: a sentence, or a line as it stands in the settings.
struct change {
  std::string text{};
  bool setting{};

  bool operator==(const change&) const = default;
};

/// What to change first, and what then, when this stage stops the system. Never anything that
/// weakens the promise. `seen` is where it was too much.
std::vector<change> advice_for(stage narrow, const observation& seen, const plant& here);

/// Who used the cores: "broker 0.6, PostgreSQL 0.7, service 0.3, load generator 0.4 cores".
std::string cores_in_use(const observation& seen);

/// Cores that others used meanwhile; 0 where not all of ours can be seen.
double foreign_cores(const observation& seen);

/// Whether at least a third of what all cores do is ours, as far as it can be seen. Full cores of
/// which we have less are no bound of ours: the scheduler would give us more.
bool cores_are_ours(const observation& seen);

}  // namespace td::bench
