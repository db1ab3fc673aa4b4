#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace td::bench::wire {

/// The few MQTT 5 packets that a producer needs (OASIS MQTT Version 5.0, sections 2.1, 3.1-3.4,
/// 3.12-3.14). Plain text in and out; no connection.

inline constexpr std::uint8_t connack = 2;
inline constexpr std::uint8_t puback = 4;
inline constexpr std::uint8_t pingresp = 13;
inline constexpr std::uint8_t disconnect = 14;
inline constexpr std::string_view ping{"\xc0\x00", 2};

/// CONNECT with clean start and no properties. Empty user or password: not sent.
std::string connect(std::string_view client_id, std::string_view user, std::string_view password,
                    std::uint16_t keep_alive_seconds);

/// Appends a PUBLISH of QoS 1 without properties. The caller has checked that the topic has at
/// most 65535 bytes and the whole at most 256 MiB.
void append_publish(std::string& to, std::string_view topic, std::string_view body,
                    std::uint16_t packet_id, bool retain);

/// How many bytes `append_publish` appends.
std::size_t publish_size(std::string_view topic, std::string_view body) noexcept;

/// One packet from the front of a stream: the type (its high half-byte) and what follows the fixed
/// header. Views into the stream.
struct packet {
  std::uint8_t type{};
  std::string_view rest{};
  std::size_t bytes{};  ///< of the whole packet
};

/// What the stream begins with. `malformed`: no MQTT.
struct front {
  std::optional<packet> whole{};  ///< absent: more bytes are needed
  bool malformed{};
};
front first_packet(std::string_view stream) noexcept;

/// What a broker says about itself.
struct connack_terms {
  std::uint8_t reason{};
  std::uint16_t receive_maximum{65535};
  std::uint32_t packet_limit{268'435'460};
  std::optional<std::uint16_t> keep_alive{};
  std::string reason_text{};
};
/// Absent: malformed.
std::optional<connack_terms> read_connack(std::string_view rest);

struct acknowledgement {
  std::uint16_t packet_id{};
  std::uint8_t reason{};
};
/// Absent: malformed.
std::optional<acknowledgement> read_puback(std::string_view rest) noexcept;

}  // namespace td::bench::wire
