#include "cli/service_address.hpp"

#include <fmt/format.h>

#include "cli/terminal.hpp"

namespace td {
namespace {

using found = boost::system::result<http_url, complaint>;

found parsed(const std::string& url, std::string_view whose) {
  auto address = parse_http_url(url);
  if (address) return *std::move(address);
  return complaint{fmt::format("{} \"{}\" is no URL for this: {}; example: http://127.0.0.1:8080",
                               whose, terminal::visible(url), address.error().detail)};
}

found of_data_dir(const std::string& directory) {
  const auto url = instance_variable(directory, "HTTP_URL");
  if (!url) return url.error();
  return parsed(*url, directory + "/run/env");
}

/// The listening address as one can be reached from here.
std::string reachable(const std::string& listen) {
  if (listen == "0.0.0.0") return "127.0.0.1";
  if (listen == "::") return "::1";
  return listen;
}

/// Also with settings that would stop a start, as long as the two that matter here are sound: the
/// running service had others when it started, and somebody wants to look at it now.
found of_settings(const config_options& options) {
  const auto config = load_with(options, database_need::optional);
  std::size_t others = 0;
  for (const auto& problem : config.problems) {
    const bool no_file = problem.key.empty() && problem.where.what == setting_source::kind::file;
    if (no_file || problem.key.starts_with("http.")) return complaint{problem.text()};
    ++others;
  }
  if (others > 0) {
    terminal::print_error(fmt::format("{} in the settings; see them with: taylordash config check",
                                      terminal::counted(others, "problem")));
  }
  const auto& http = config.values.http;
  if (http.port == 0) {
    return complaint{
        "http.port is 0, so the service took any free port and logged it at its start; name it "
        "with "
        "--url http://HOST:PORT"};
  }
  return http_url{reachable(http.listen), http.port, "/"};
}

}  // namespace

found address_of(const service_address_options& options) {
  if (!options.url.empty()) return parsed(options.url, "--url");
  if (!options.data_dir.empty()) return of_data_dir(options.data_dir);
  return of_settings(options.config);
}

}  // namespace td
