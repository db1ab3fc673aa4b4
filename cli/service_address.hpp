#pragma once

#include <string>

#include <boost/system/result.hpp>

#include "cli/config_options.hpp"
#include "http/client.hpp"

namespace td {

/// How somebody names the running service that a command should talk to. The first that is set
/// counts; else the settings' http.listen and http.port.
struct service_address_options {
  std::string url{};       ///< --url http://HOST:PORT
  std::string data_dir{};  ///< --data-dir DIR of a standalone instance
  config_options config{};
};

/// One sentence for a person.
struct complaint {
  std::string text{};
};

/// Where that is, or why it can't be told.
boost::system::result<http_url, complaint> address_of(const service_address_options& options);

/// HTTP_URL of a standalone instance's run/env, which holds shell assignments; empty when it is not
/// in there.
std::string http_url_of_environment_file(std::string_view text);

}  // namespace td
