#pragma once

#include <string>

#include "cli/terminal.hpp"
#include "standalone/instance.hpp"

namespace td {

/// What a ready instance says on standard output: where to look, where to connect, how to stop.
struct standalone_banner {
  std::string version{};
  std::string http_url{};
  std::string mqtt_url{};
  std::string devices_url{};  ///< empty: not open to devices
  data_layout layout{};
  std::string producer_user{};
  bool demo{};
};
std::string render_banner(const terminal::output& to, const standalone_banner& b);

/// One line on what `standalone --stop` did.
std::string render_stop(const stop_report& report, const std::string& data_dir, after_stop then);

}  // namespace td
