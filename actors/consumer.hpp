#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "storage/consumer_store.hpp"

namespace td {

/// Opens a store; called again until it succeeds.
using open_consumer = std::function<result<std::unique_ptr<consumer_store>>()>;

struct consumer_rules {
  std::string name{};
  std::size_t most_events{500};  ///< of one delivery
  std::chrono::milliseconds handle_within{30000};
};

/// Spawns a CONSUMER: follows the journal of batches behind its own durable position and hands what
/// it finds to `handler`, one delivery at a time. What the handler names as failed is tried again
/// later, with backoff, and becomes a dead letter when the budget is spent; the rest goes on. A
/// delivery that is not answered in time is halved, once the handler answers again, until the event
/// that stops it stands alone; only that one counts as failed. While the handler is away nothing
/// moves. One node at a time serves a consumer. Detached: it blocks on the database.
consumer_actor make_consumer(caf::actor_system& system, shared_context shared, consumer_rules rules,
                             open_consumer open, consumer_handler handler);

/// The same on the scheduler, for tests in virtual time.
consumer_actor make_scheduled_consumer(caf::actor_system& system, shared_context shared,
                                       consumer_rules rules, open_consumer open,
                                       consumer_handler handler);

}  // namespace td
