#include "verify/workplace.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <sys/stat.h>

#include <fmt/format.h>

namespace td::verify {

namespace {

namespace fs = std::filesystem;

failure unusable(const fs::path& folder, std::string_view why) {
  return {errc::configuration_invalid,
          fmt::format("{} can't hold an instance: {}; --data-dir takes a folder that is empty or "
                      "not there yet",
                      folder.string(), why),
          {}};
}

/// Others may pass through (the servers' accounts, when we are root) and see nothing.
constexpr mode_t passable = 0711;

/// Without the single quotes of the shell. Absent when it isn't quoted as a whole.
std::optional<std::string> unquoted(std::string_view text) {
  std::string value;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') {
      inside = !inside;
    } else if (inside) {
      value += text[i];
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      value += text[++i];
    } else {
      return std::nullopt;
    }
  }
  if (inside) return std::nullopt;
  return value;
}

bool read_broker(std::string_view url, broker_options& broker) {
  constexpr std::string_view scheme = "mqtt://";
  if (!url.starts_with(scheme)) return false;
  url.remove_prefix(scheme.size());
  const auto colon = url.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  broker.host = url.substr(0, colon);
  const auto* end = url.data() + url.size();
  const auto read = std::from_chars(url.data() + colon + 1, end, broker.port);
  return read.ec == std::errc{} && read.ptr == end && broker.port != 0;
}

}  // namespace

result<workplace> workplace::make(const fs::path& wanted, std::string_view purpose) {
  if (wanted.empty()) {
    auto name = fmt::format("/var/tmp/taylordash-{}-XXXXXX", purpose);
    if (::mkdtemp(name.data()) == nullptr || ::chmod(name.c_str(), passable) != 0)
      return unusable("/var/tmp", std::strerror(errno));
    return workplace{name, true};
  }
  std::error_code error;
  const auto folder = fs::absolute(wanted, error);
  if (error) return unusable(wanted, error.message());
  const bool made = fs::create_directories(folder, error);
  if (error) return unusable(folder, error.message());
  if (made && ::chmod(folder.c_str(), passable) != 0) return unusable(folder, std::strerror(errno));
  const bool empty = fs::is_empty(folder, error);
  if (error) return unusable(folder, error.message());
  if (!empty) return unusable(folder, "it is not empty");
  return workplace{folder, made};
}

result<void> workplace::remove() const {
  std::error_code error;
  for (const auto& path : {data(), service_log(), service_record()}) {
    fs::remove_all(path, error);
    if (error) return failure{errc::internal, path.string() + ": " + error.message(), {}};
  }
  if (ours_) fs::remove(folder_, error);
  if (error) return failure{errc::internal, folder_.string() + ": " + error.message(), {}};
  return ok();
}

result<addresses> read_addresses(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    if (auto value = unquoted(line.substr(equals + 1)))
      values.emplace(line.substr(0, equals), std::move(*value));
  }
  for (const auto* name : {"MQTT_URL", "MQTT_USER", "MQTT_PASSWORD", "DATABASE_URL", "HTTP_URL"}) {
    if (values.contains(name)) continue;
    return failure{errc::configuration_invalid,
                   fmt::format("the instance's environment file has no {}", name),
                   {}};
  }
  addresses found{.database_url = values["DATABASE_URL"]};
  if (!read_broker(values["MQTT_URL"], found.broker)) {
    return failure{
        errc::configuration_invalid, "the instance's MQTT_URL is not mqtt://HOST:PORT", {}};
  }
  found.broker.username = values["MQTT_USER"];
  found.broker.password = values["MQTT_PASSWORD"];
  const auto http = parse_http_url(values["HTTP_URL"]);
  if (!http) return failure{errc::configuration_invalid, http.error().detail, {}};
  found.http = *http;
  return found;
}

std::string last_lines(const fs::path& file, std::size_t lines) {
  std::ifstream in{file};
  std::deque<std::string> kept;
  for (std::string line; std::getline(in, line);) {
    kept.push_back(std::move(line));
    if (kept.size() > lines) kept.pop_front();
  }
  std::string text;
  for (const auto& line : kept)
    text += line + "\n";
  return text;
}

}  // namespace td::verify
