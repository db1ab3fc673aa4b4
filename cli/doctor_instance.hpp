#pragma once

#include "doctor/doctor.hpp"

#include <string>

#include <boost/system/result.hpp>

#include "cli/instance_file.hpp"
#include "config/settings.hpp"

namespace td {

/// Points `options` at the servers of the standalone instance that runs in `data_dir`: addresses
/// from its run/env, the service's account and mosquitto.conf from its files, the producers'
/// account to try. `s`: the settings that an instance does not decide for itself. A complaint says
/// why not.
boost::system::result<doctor_options, complaint> doctor_options_of_instance(
    const std::string& data_dir, settings s);

}  // namespace td
