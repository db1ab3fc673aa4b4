#pragma once

#include <mosquitto.h>

namespace td {

/// Owns a list of MQTT 5 properties. For the .cpp files of mqtt/ alone: it shows libmosquitto.
struct property_list {
  property_list() = default;
  ~property_list() { mosquitto_property_free_all(&head); }
  property_list(const property_list&) = delete;
  property_list& operator=(const property_list&) = delete;

  mosquitto_property* head{};
};

}  // namespace td
