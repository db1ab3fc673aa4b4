#pragma once

#include <functional>
#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "actors/outbox_run.hpp"
#include "storage/interrupter.hpp"

namespace td {

struct outbox_parts {
  shared_context shared{};
  /// Opens the store; called again until it succeeds. Opened with `stop`.
  std::function<result<std::unique_ptr<outbox_store>>()> open_store{};
  make_outbox_publisher make_publisher{};
  std::shared_ptr<interrupter> stop{};  ///< ends its waits for database and broker
};

/// Spawns OUTBOX: the one node that leads publishes what writes have put into the outbox, as soon
/// as it is committed, and follows each event until it is in the mirror or a dead letter
/// (outbox_run). Detached: it sleeps in the database until something is put there.
outbox_actor make_outbox(caf::actor_system& system, outbox_parts parts);

/// A publisher as the settings have it, whose connect ends with `stop`.
make_outbox_publisher outbox_publisher_for(const settings& s, std::shared_ptr<interrupter> stop);

}  // namespace td
