#pragma once

#include "doctor/broker_survey.hpp"

#include <string>

namespace td {

/// The part of `survey_broker` that publishes: fills `queue`, `shared_delivers` and `large_event`
/// of `into`, or says in `not_probed` why not. `name` is unique; every session it makes begins with
/// it and is ended, or ends by itself within two minutes should this process die.
void observe_behaviour(const broker_probe_options& options, const std::string& name,
                       broker_survey& into);

}  // namespace td
