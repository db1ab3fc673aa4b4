#pragma once

#include <memory>

#include "actors/database_gate.hpp"
#include "http/api/live_feed.hpp"
#include "http/route.hpp"

namespace td {

/// GET /api/v1/events/stream: what is committed, as server-sent events, in the order of the
/// journal. Each has its place as id, so that a client that comes again with Last-Event-ID goes on
/// behind it: nothing skipped, nothing twice, whoever restarted meanwhile.
///   event: event     data: the event, as the search shows it
///   event: lag       data: {"batches": n}: this reader is so many batches behind; it catches up
///   event: gap       data: {"batches": n}: retention took so many before it could read them
///   event: reset     data: {}: the journal is shorter than what was read; another database?
///   : comments       each 15 s without an event
http_api event_stream_routes(std::shared_ptr<database_gate> gate, std::shared_ptr<live_feed> feed);

}  // namespace td
