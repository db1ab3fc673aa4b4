#pragma once

#include <cstdint>
#include <optional>

namespace td {

/// What a broker says of itself in CONNACK (MQTT Version 5.0, section 3.2.2.3); what it leaves out
/// has the standard's default.
struct broker_terms {
  std::uint16_t receive_maximum{65535};  ///< unacknowledged messages that it takes from a client
  std::optional<std::uint32_t> maximum_packet_size{};  ///< bytes; absent: no limit of its own
  std::uint8_t maximum_qos{2};
  bool retain_available{true};
  bool wildcard_subscriptions{true};
  bool shared_subscriptions{true};
  std::optional<std::uint32_t> session_expiry{};  ///< seconds, where it gives another than asked
  std::optional<std::uint16_t>
      keep_alive{};  ///< seconds, where it gives its own; 0: it never looks
};

}  // namespace td
