#include "bench/load/mqtt_url.hpp"

#include <charconv>

#include <fmt/format.h>

namespace td::bench {

result<broker_options> parse_mqtt_url(std::string_view url) {
  const failure bad{errc::configuration_invalid,
                    fmt::format("'{}' does not look like mqtt://127.0.0.1:1883", url)};
  constexpr std::string_view scheme = "mqtt://";
  if (!url.starts_with(scheme)) return bad;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);

  broker_options to;
  const auto colon = url.find(':');
  to.host = url.substr(0, colon);
  if (to.host.empty() || to.host.find('@') != std::string::npos) return bad;
  if (colon == url.npos) return to;
  const auto port = url.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), to.port);
  if (error != std::errc{} || end != port.data() + port.size() || to.port == 0) return bad;
  return to;
}

}  // namespace td::bench
