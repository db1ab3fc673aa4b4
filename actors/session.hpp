#pragma once

#include <functional>
#include <memory>

#include "actors/identity_desk.hpp"
#include "actors/interfaces.hpp"
#include "storage/identity_stores.hpp"
#include "storage/identity_watch.hpp"

namespace td {

/// Opens the stores on a connection of its own; called again until it succeeds.
using open_identity = std::function<result<identity_stores>()>;
using open_watch = std::function<result<std::unique_ptr<identity_watch>>()>;

/// Spawns SESSION with `workers` IDENTITY WORKERs, and lets the desk send its work there.
/// Scheduled: it never blocks; what its workers have not done within
/// `identity_service::answer_within` it answers with timed_out. Ends when one of them does. The
/// workers are detached: each blocks on its own connection. The first of them looks after signing
/// keys and what is to be forgotten.
session_actor make_session(caf::actor_system& system, std::shared_ptr<identity_desk> desk,
                           open_identity open, std::size_t workers = 2);

/// The same with workers on the scheduler, for tests in virtual time.
session_actor make_scheduled_session(caf::actor_system& system, std::shared_ptr<identity_desk> desk,
                                     open_identity open);

/// Spawns IDENTITY WATCH: hears at once what is revoked anywhere. The cache is open only while it
/// does. Detached: it blocks while it waits for what is told.
identity_watch_actor make_identity_watch(caf::actor_system& system,
                                         std::shared_ptr<identity_desk> desk, open_watch open);

/// The same on the scheduler, for tests in virtual time.
identity_watch_actor make_scheduled_identity_watch(caf::actor_system& system,
                                                   std::shared_ptr<identity_desk> desk,
                                                   open_watch open);

}  // namespace td
