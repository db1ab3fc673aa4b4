#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "actors/restart_rule.hpp"

namespace td {

/// One row of the supervision table.
struct child_spec {
  std::string name{};
  std::function<caf::actor(caf::actor_system&)> make{};
  restart_rule rule{};
  std::chrono::milliseconds stop_within{1000};  ///< then it is killed and the next one stops
  /// Ends what the child waits for (any thread; may be empty). Called when the first stage of an
  /// ordered stop does not end in time, before anything is killed.
  std::function<void()> hurry{};
  bool hurry_at_once{};  ///< when the stop begins: nothing it does is worth waiting for
};

/// Spawns SUPERVISOR. The table is written in flow order. Children start from its end (a sink
/// before its source), end from its beginning on `stop_all`, each only after the one before:
/// sources first, so that what they hold is committed and acknowledged while validators and mirrors
/// still run. What ends otherwise is restarted within its budget; when that is spent,
/// `shared->fatal` is called. Scheduled.
supervisor_actor make_supervisor(caf::actor_system& system, shared_context shared,
                                 std::vector<child_spec> table);

}  // namespace td
