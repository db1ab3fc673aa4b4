#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "pipeline/result.hpp"
#include "pipeline/validate.hpp"
#include "storage/replay_store.hpp"
#include "storage/stores.hpp"

namespace td {

/// The lane number under which replayed batches stand in the journal.
inline constexpr std::int32_t replay_lane = -2;

/// Runs a replay job, a stretch at a time: copies what passes into the mirror, looks whether it is
/// there, and only then marks it and moves the job's cursor, in one transaction. Whatever ends the
/// process in between, the next run copies the same stretch again: events that are there already
/// are recognised by their key. One thread.
class replay_run {
 public:
  /// `node`: who appears in the audit trail.
  replay_run(replay_store& jobs, mirror_store& mirror, validator& check, std::string node)
      : jobs_{jobs}, mirror_{mirror}, check_{check}, node_{std::move(node)} {}

  struct progress {
    std::size_t items{};  ///< settled by this step, of which
    std::size_t passed{};
    std::size_t duplicate{};
    std::size_t refused{};
    bool over{};  ///< nothing is left; the job is done
  };

  /// At most `most` items. `job`: as the store has it now. Failures leave the job where it was.
  result<progress> step(const replay_job& job, std::size_t most);

 private:
  result<replay_outcome> order(const replay_job& job, const replay_stretch& stretch);
  result<replay_outcome> send(const replay_job& job, const replay_stretch& stretch);
  result<void> copy(const replay_stretch& stretch, std::span<const std::size_t> items);

  replay_store& jobs_;
  mirror_store& mirror_;
  validator& check_;
  std::string node_;
};

}  // namespace td
