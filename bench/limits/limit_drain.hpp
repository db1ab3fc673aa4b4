#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "mqtt/lane_session.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// What the limit is given: the same as the service's lanes.
struct drain_options {
  broker_options broker{};
  std::string database_url{};
  std::string subscription{"$share/taylordash/tracker/events/#"};
  std::int32_t lanes{2};
  std::uint16_t receive_maximum{8000};
  batch_limits limits{};
};

/// The limit that the service is measured against: what it would cost to get the events from
/// broker to table if nothing had to be checked. One thread per lane, each with a bare connection
/// of the service's own kind and a bare libpq connection: read a burst, sort, COPY, COMMIT, send
/// the PUBACKs. The same batch bounds, the same table, statements and journal as the service; but
/// it takes only events of `event_form`, whose fields it cuts out at fixed places, and it dies of
/// the first thing that goes wrong.
///
/// Runs until `stop`, then finishes the batches under way and keeps the sessions. `ready` is
/// called once, when every lane is subscribed. internal: with the reason of the first lane that
/// failed.
result<void> drain(const drain_options& options, std::stop_token stop, void (*ready)());

}  // namespace td::bench
