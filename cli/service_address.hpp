#pragma once

#include <string>

#include <boost/system/result.hpp>

#include "cli/config_options.hpp"
#include "cli/instance_file.hpp"
#include "http/client.hpp"

namespace td {

/// How somebody names the running service that a command should talk to. The first that is set
/// counts; else the settings' http.listen and http.port.
struct service_address_options {
  std::string url{};       ///< --url http://HOST:PORT
  std::string data_dir{};  ///< --data-dir DIR of a standalone instance
  config_options config{};
};

/// Where that is, or why it can't be told.
boost::system::result<http_url, complaint> address_of(const service_address_options& options);

}  // namespace td
