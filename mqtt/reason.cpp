#include "mqtt/reason.hpp"

#include <mqtt_protocol.h>

#include <fmt/format.h>
#include <mosquitto.h>

namespace td {

std::string mqtt_reason(int code) {
  std::string name = mosquitto_reason_string(code);
  // "Not authorized" -> "not authorized", but "QoS not supported" stays.
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    const bool word_start = i == 0 || name[i - 1] == ' ';
    const bool acronym = upper(name[i + 1]) || name.compare(i, 3, "QoS") == 0;
    if (word_start && upper(name[i]) && !acronym) name[i] = static_cast<char>(name[i] - 'A' + 'a');
  }
  return fmt::format("{} (0x{:02x})", name, code);
}

bool mqtt_reason_may_pass(int code) noexcept {
  switch (code) {
    case MQTT_RC_SERVER_UNAVAILABLE:
    case MQTT_RC_SERVER_BUSY:
    case MQTT_RC_SERVER_SHUTTING_DOWN:
    case MQTT_RC_QUOTA_EXCEEDED:
    case MQTT_RC_USE_ANOTHER_SERVER:
    case MQTT_RC_CONNECTION_RATE_EXCEEDED:
      return true;
    default:
      return false;
  }
}

}  // namespace td
