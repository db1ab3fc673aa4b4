#pragma once

#include "doctor/doctor.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "actors/context.hpp"
#include "actors/interfaces.hpp"
#include "storage/interrupter.hpp"

namespace td {

/// What the settings say about where to look and what is needed there. `who` looks: "doctor", the
/// service; each has a client id of its own at the broker, the same at every look.
doctor_options doctor_options_from(const settings& s, std::string_view who = "doctor");

/// One look. Servers that are away are left out: the status board's dependencies tell of them.
using look = std::function<examination(const doctor_options&, doctor_memory&)>;

/// Spawns DOCTOR: looks at broker, database and machine once the service is ready, then every ten
/// minutes, without publishing anything; keeps the status board's findings and logs each when it
/// appears and when it goes. What could not be looked at keeps its findings, has one that says so,
/// and is tried again after 30 s, 60 s, and so on. A look takes 10 s at most and ends with `stop`.
/// Detached, with connections of its own: whatever becomes of it, ingest goes on.
doctor_actor make_doctor(caf::actor_system& system, shared_context shared,
                         std::shared_ptr<interrupter> stop);

/// The same on the scheduler, for tests in virtual time.
doctor_actor make_scheduled_doctor(caf::actor_system& system, shared_context shared, look look_at);

}  // namespace td
