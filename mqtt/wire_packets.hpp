#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "mqtt/broker_terms.hpp"

/// The packets of MQTT 5 as a client writes and reads them (OASIS MQTT Version 5.0; section numbers
/// below are its). Bytes in and out: no connection, no state, any thread. Reading is strict: what
/// the standard forbids is a `fault` and never a guess, and nothing is read past the given bytes.
/// The one exception is what a message says (`publish`).
namespace td::wire {

enum class packet_type : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth
};

/// Reason codes that we send or look at ourselves (section 2.4); `mqtt_reason` has words for all.
namespace reason {
inline constexpr std::uint8_t success = 0x00;
inline constexpr std::uint8_t malformed_packet = 0x81;
inline constexpr std::uint8_t protocol_error = 0x82;
inline constexpr std::uint8_t unsupported_protocol_version = 0x84;
inline constexpr std::uint8_t bad_username_or_password = 0x86;
inline constexpr std::uint8_t not_authorized = 0x87;
inline constexpr std::uint8_t topic_alias_invalid = 0x94;
inline constexpr std::uint8_t packet_too_large = 0x95;
inline constexpr std::uint8_t first_failure = 0x80;  ///< from here on codes are failures (2.4)
}  // namespace reason

/// What a fixed header can say that follows it (2.1.4).
inline constexpr std::size_t longest_rest = 268'435'455;
/// And a whole packet: its first byte and four of length stand before that.
inline constexpr std::size_t longest_packet = longest_rest + 5;

/// Where a peer left the standard: the reason code for our DISCONNECT, and what it did, in words
/// that finish the sentence "the broker sent ...". Static storage.
struct fault {
  std::uint8_t reason{};
  std::string_view what{};
};

template <class T>
using parsed = boost::system::result<T, fault>;

// -- reading: from a broker ---

/// One packet: its fixed header and what follows it. Views into the stream.
struct packet {
  packet_type type{};
  std::uint8_t flags{};  ///< the header's low half-byte
  std::string_view rest{};
  std::size_t bytes{};  ///< of the whole packet
};

/// What a stream begins with: a whole packet; or not yet one, then `needs` is the size of the
/// packet once its header is there, else 0; or a fault, found as early as the bytes show it.
struct front {
  std::optional<packet> whole{};
  std::size_t needs{};
  std::optional<fault> trouble{};
};

/// A packet that carries no message may have at most `longest_control` bytes behind its header.
inline constexpr std::size_t longest_control = 1u << 20;
front first_packet(std::string_view stream) noexcept;

struct connack {
  bool session_present{};
  std::uint8_t reason{};
  broker_terms terms{};
  std::string reason_text{};
};
/// MQTT 3.1.1's refusal of our version is understood, too.
parsed<connack> read_connack(const packet& p);

struct publish {
  std::string_view topic{};  ///< as it came: any bytes
  std::string_view body{};
  std::uint16_t packet_id{};  ///< 0: QoS 0, else QoS 1
  bool retain{};
  bool duplicate{};
};
/// QoS 2 is a fault (nobody grants it to a subscription of QoS 1), and so is a topic alias (we
/// announce none). But not what stands in a topic or in the texts of its properties: a broker that
/// lets such a message in sends it again on every connection, so it must be told from the others
/// and taken, or nothing behind it would ever come. Nobody reads those properties, and a topic that
/// is none fails the rules for topics.
parsed<publish> read_publish(const packet& p) noexcept;

/// PUBACK and PUBREC.
struct acknowledgement {
  std::uint16_t packet_id{};
  std::uint8_t reason{};
};
parsed<acknowledgement> read_acknowledgement(const packet& p) noexcept;

/// SUBACK and UNSUBACK: a code for each filter that was asked for, at least one.
struct codes {
  std::uint16_t packet_id{};
  std::string_view each{};
};
parsed<codes> read_codes(const packet& p) noexcept;

/// DISCONNECT.
struct farewell {
  std::uint8_t reason{};
  std::string_view text{};  ///< the broker's own words, or empty
};
parsed<farewell> read_disconnect(const packet& p) noexcept;

// -- writing: to a broker ---

struct connect_packet {
  std::string_view client_id{};
  std::string_view username{};  ///< empty: none is sent; the password alike
  std::string_view password{};
  bool clean_start{true};
  std::uint32_t session_expiry{};        ///< seconds; 0xFFFFFFFF: never
  std::uint16_t receive_maximum{65535};  ///< 1 or more
  std::uint16_t keep_alive{60};          ///< seconds; 0: none
};
/// CONNECT without a will; a property that has the standard's default is left out. The caller has
/// checked that each text has at most 65535 bytes.
void append_connect(std::string& to, const connect_packet& what);

struct publish_packet {
  std::string_view topic{};
  std::string_view body{};
  std::uint16_t packet_id{};
  std::uint8_t qos{1};  ///< 1 or 2
  bool retain{};
};
/// PUBLISH without properties. The caller has checked the topic (`is_topic_name`) and the size.
void append_publish(std::string& to, const publish_packet& what);
/// How many bytes `append_publish` appends.
std::size_t publish_size(std::string_view topic, std::string_view body) noexcept;

/// PUBACK that says success: four bytes.
void append_puback(std::string& to, std::uint16_t packet_id);

/// SUBSCRIBE to one filter with QoS 1, the retain flag as it was published; what the broker retains
/// is sent where `retained`. The caller has checked the filter (`is_topic_filter`).
void append_subscribe(std::string& to, std::uint16_t packet_id, std::string_view filter,
                      bool retained);
void append_unsubscribe(std::string& to, std::uint16_t packet_id, std::string_view filter);

inline constexpr std::string_view pingreq{"\xc0\x00", 2};

/// DISCONNECT; `end_session` sets the session's expiry to 0.
void append_disconnect(std::string& to, std::uint8_t reason, bool end_session);

// -- names ---

/// A text as MQTT wants them all (1.5.4): well-formed UTF-8 of at most 65535 bytes without U+0000.
bool is_text(std::string_view text) noexcept;
/// A topic that a message may have (4.7): a text, not empty, without wildcards.
bool is_topic_name(std::string_view topic) noexcept;
/// A topic filter, shared ones included (4.7, 4.8.2).
bool is_topic_filter(std::string_view filter) noexcept;

}  // namespace td::wire
