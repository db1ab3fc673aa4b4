#pragma once

#include <string_view>

#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

/// "mqtt://127.0.0.1:1883" as `./dev env` prints it; the port may be left out. User and password
/// don't belong there: the environment has them. configuration_invalid for anything else.
result<broker_options> parse_mqtt_url(std::string_view url);

}  // namespace td::bench
