#include "cli/doctor_instance.hpp"

#include <charconv>

#include <fmt/format.h>

#include "actors/doctor.hpp"
#include "standalone/broker_files.hpp"
#include "standalone/data_directory.hpp"
#include "standalone/secrets.hpp"

namespace td {
namespace {

/// "mqtt://127.0.0.1:1883" -> host and port. False for anything else.
bool take_broker(std::string_view url, settings& s) {
  constexpr std::string_view scheme = "mqtt://";
  const auto colon = url.rfind(':');
  if (!url.starts_with(scheme) || colon < scheme.size()) return false;
  s.mqtt.host = url.substr(scheme.size(), colon - scheme.size());
  const auto port = url.substr(colon + 1);
  return std::from_chars(port.data(), port.data() + port.size(), s.mqtt.port).ec == std::errc{};
}

}  // namespace

boost::system::result<doctor_options, complaint> doctor_options_of_instance(
    const std::string& data_dir, settings s) {
  const auto layout = layout_of(data_dir);
  if (!layout) return complaint{to_string(layout.error())};
  for (const auto& [name, into] : {std::pair{"DATABASE_URL", &s.database.url}}) {
    auto value = instance_variable(data_dir, name);
    if (!value) return value.error();
    *into = *std::move(value);
  }
  const auto broker = instance_variable(data_dir, "MQTT_URL");
  if (!broker) return broker.error();
  if (!take_broker(*broker, s))
    return complaint{
        fmt::format("{} names no broker: MQTT_URL is {}", layout->env().string(), *broker)};
  const auto secrets = load_or_make_secrets(layout->secrets(), false);
  if (!secrets) {
    return complaint{
        fmt::format("the secrets of {} can't be read (run this as the user whose "
                    "instance it is): {}",
                    data_dir, to_string(secrets.error()))};
  }
  s.database.url_file.clear();
  s.mqtt.username = service_user;
  s.mqtt.password = secrets->mqtt_service;
  s.mqtt.password_file.clear();
  s.mqtt.tls = false;
  s.mqtt.group = secrets->mqtt_group;
  s.mqtt.filter = settings{}.mqtt.filter;
  auto options = doctor_options_from(s, "doctor-command");
  options.broker.producer = broker_account{producer_user, secrets->mqtt_producer};
  options.of_broker.standalone = true;
  options.broker_config = layout->etc() / "mosquitto.conf";
  options.database_folder = layout->cluster();
  return options;
}

}  // namespace td
