// What we read.

#include "mqtt/wire_packets.hpp"

#include "mqtt/wire_fields.hpp"
#include "pipeline/text.hpp"

namespace td::wire {

namespace {

fault malformed(std::string_view what) noexcept {
  return {reason::malformed_packet, what};
}

fault forbidden(std::string_view what) noexcept {
  return {reason::protocol_error, what};
}

// -- fixed headers ---

constexpr std::uint8_t qos_of(std::uint8_t publish_flags) noexcept {
  return publish_flags >> 1 & 3;
}

std::optional<fault> check_first_byte(unsigned char byte) noexcept {
  const std::uint8_t flags = byte & 0x0f;
  switch (static_cast<packet_type>(byte >> 4)) {
    case packet_type::publish:
      if (qos_of(flags) == 3) return malformed("a PUBLISH of QoS 3");
      if (qos_of(flags) == 0 && (flags & 8) != 0) return malformed("a PUBLISH of QoS 0 with DUP");
      return std::nullopt;
    case packet_type::pubrel:
      if (flags != 2) return malformed("a header with wrong flags");
      return std::nullopt;
    case packet_type::connack:
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubcomp:
    case packet_type::suback:
    case packet_type::unsuback:
    case packet_type::pingresp:
    case packet_type::disconnect:
    case packet_type::auth:
      if (flags != 0) return malformed("a header with wrong flags");
      return std::nullopt;
    default:
      return malformed("a header that no broker writes");
  }
}

// -- properties ---

constexpr property_set of_connack{property::session_expiry,
                                  property::receive_maximum,
                                  property::maximum_qos,
                                  property::retain_available,
                                  property::maximum_packet_size,
                                  property::assigned_client_id,
                                  property::topic_alias_maximum,
                                  property::reason_string,
                                  property::user_property,
                                  property::wildcard_available,
                                  property::subscription_ids_available,
                                  property::shared_available,
                                  property::server_keep_alive,
                                  property::response_information,
                                  property::server_reference,
                                  property::authentication_method,
                                  property::authentication_data};
constexpr property_set of_publish{property::payload_format,   property::message_expiry,
                                  property::content_type,     property::response_topic,
                                  property::correlation_data, property::subscription_id,
                                  property::topic_alias,      property::user_property};
constexpr property_set of_answer{property::reason_string, property::user_property};
constexpr property_set of_disconnect{property::reason_string, property::user_property,
                                     property::server_reference};

/// Those of an answer, which nobody reads.
std::optional<fault> check_properties(field_cursor& in, const property_set& allowed) noexcept {
  property_walk walk{in.take(in.length()), allowed};
  while (walk.next()) {
  }
  if (walk.trouble() != nullptr) return *walk.trouble();
  return std::nullopt;
}

std::optional<fault> check_range(property p, std::uint32_t value) noexcept {
  switch (p) {
    case property::receive_maximum:
    case property::maximum_packet_size:
      if (value == 0) return forbidden("a limit of 0 in CONNACK");
      return std::nullopt;
    case property::maximum_qos:
    case property::retain_available:
    case property::wildcard_available:
    case property::subscription_ids_available:
    case property::shared_available:
      if (value > 1) return forbidden("a flag in CONNACK that is neither 0 nor 1");
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

void keep(connack& into, property p, const property_walk& value) {
  switch (p) {
    case property::session_expiry:
      into.terms.session_expiry = value.number();
      break;
    case property::receive_maximum:
      into.terms.receive_maximum = static_cast<std::uint16_t>(value.number());
      break;
    case property::maximum_qos:
      into.terms.maximum_qos = static_cast<std::uint8_t>(value.number());
      break;
    case property::retain_available:
      into.terms.retain_available = value.number() != 0;
      break;
    case property::maximum_packet_size:
      into.terms.maximum_packet_size = value.number();
      break;
    case property::wildcard_available:
      into.terms.wildcard_subscriptions = value.number() != 0;
      break;
    case property::shared_available:
      into.terms.shared_subscriptions = value.number() != 0;
      break;
    case property::server_keep_alive:
      into.terms.keep_alive = static_cast<std::uint16_t>(value.number());
      break;
    case property::reason_string:
      into.reason_text = value.text();
      break;
    default:
      break;
  }
}

}  // namespace

front first_packet(std::string_view stream) noexcept {
  if (stream.empty()) return {};
  const auto first = static_cast<unsigned char>(stream.front());
  if (const auto trouble = check_first_byte(first)) return {.trouble = trouble};
  std::size_t length = 0;
  for (std::size_t i = 0;; ++i) {
    if (i == 4) return {.trouble = malformed("a length over four bytes")};
    if (i + 1 == stream.size()) return {};
    const auto byte = static_cast<unsigned char>(stream[i + 1]);
    length |= std::size_t{byte & 0x7fu} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && i > 0) return {.trouble = malformed("a length in more bytes than it needs")};
    const auto type = static_cast<packet_type>(first >> 4);
    if (type != packet_type::publish && length > longest_control)
      return {.trouble = fault{reason::packet_too_large, "a control packet of over a MiB"}};
    const auto head = i + 2;
    if (stream.size() - head < length) return {.needs = head + length};
    return {.whole = packet{.type = type,
                            .flags = static_cast<std::uint8_t>(first & 0x0f),
                            .rest = stream.substr(head, length),
                            .bytes = head + length},
            .needs = head + length};
  }
}

parsed<connack> read_connack(const packet& p) {
  field_cursor in{p.rest};
  connack c;
  const auto flags = in.byte();
  c.reason = in.byte();
  if (in.good && in.left.empty() && c.reason == 1) {
    // MQTT 3.1.1, table 3.1: unacceptable protocol version. It has no properties.
    c.reason = reason::unsupported_protocol_version;
    return c;
  }
  property_walk walk{in.take(in.length()), of_connack};
  if (!in.good || !in.left.empty()) return malformed("a CONNACK of the wrong size");
  if (flags > 1) return malformed("a CONNACK with reserved flags");
  if (flags == 1 && c.reason != reason::success)
    return forbidden("a CONNACK that refuses and knows the session");
  c.session_present = flags == 1;
  while (const auto name = walk.next()) {
    if (const auto trouble = check_range(*name, walk.number())) return *trouble;
    keep(c, *name, walk);
  }
  if (walk.trouble() != nullptr) return *walk.trouble();
  return c;
}

parsed<publish> read_publish(const packet& p) noexcept {
  field_cursor in{p.rest};
  const auto qos = qos_of(p.flags);
  publish m;
  m.topic = in.text();
  if (qos > 0) m.packet_id = in.number16();
  const auto properties = in.take(in.length());
  if (!in.good) return malformed("a PUBLISH that ends within a field");
  if (qos == 2) return forbidden("a message of QoS 2, which was not granted");
  if (qos == 1 && m.packet_id == 0) return forbidden("a PUBLISH with packet id 0");
  m.body = in.left;
  m.retain = (p.flags & 1) != 0;
  m.duplicate = (p.flags & 8) != 0;
  if (properties.empty()) return m;
  bool aliased = false;
  property_walk walk{properties, of_publish, property_walk::texts::any};
  while (const auto name = walk.next())
    aliased = aliased || *name == property::topic_alias;
  if (walk.trouble() != nullptr) return *walk.trouble();
  if (aliased) return fault{reason::topic_alias_invalid, "a topic alias, though none may be used"};
  return m;
}

parsed<acknowledgement> read_acknowledgement(const packet& p) noexcept {
  field_cursor in{p.rest};
  acknowledgement a{.packet_id = in.number16()};
  if (!in.left.empty()) a.reason = in.byte();
  std::optional<fault> trouble;
  if (!in.left.empty()) trouble = check_properties(in, of_answer);
  if (!in.good || !in.left.empty()) return malformed("an acknowledgement of the wrong size");
  if (trouble) return *trouble;
  if (a.packet_id == 0) return forbidden("an acknowledgement of packet id 0");
  return a;
}

parsed<codes> read_codes(const packet& p) noexcept {
  field_cursor in{p.rest};
  codes c{.packet_id = in.number16()};
  const auto trouble = check_properties(in, of_answer);
  c.each = in.left;
  if (!in.good || c.each.empty()) return malformed("a SUBACK or UNSUBACK of the wrong size");
  if (trouble) return *trouble;
  if (c.packet_id == 0) return forbidden("a SUBACK or UNSUBACK of packet id 0");
  return c;
}

parsed<farewell> read_disconnect(const packet& p) noexcept {
  field_cursor in{p.rest};
  farewell f;
  if (!in.left.empty()) f.reason = in.byte();
  if (in.left.empty()) return f;
  property_walk walk{in.take(in.length()), of_disconnect};
  if (!in.good || !in.left.empty()) return malformed("a DISCONNECT of the wrong size");
  while (const auto name = walk.next()) {
    if (*name == property::reason_string) f.text = walk.text();
  }
  if (walk.trouble() != nullptr) return *walk.trouble();
  return f;
}

// -- names ---

bool is_text(std::string_view text) noexcept {
  if (text.size() > 65535) return false;
  // Nearly all are plain: without branches first.
  bool odd = false;
  for (const char c : text)
    odd |= static_cast<unsigned char>(c) - 1u >= 0x7fu;
  if (!odd) return true;
  while (!text.empty()) {
    const auto c = first_character(text);
    if (c.size == 0 || c.code_point == 0) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

bool is_topic_name(std::string_view topic) noexcept {
  bool wild = false;
  for (const char c : topic)
    wild |= c == '+' || c == '#';
  return !wild && !topic.empty() && is_text(topic);
}

bool is_topic_filter(std::string_view filter) noexcept {
  if (!is_text(filter)) return false;
  constexpr std::string_view shared = "$share/";
  if (filter.starts_with(shared)) {
    filter.remove_prefix(shared.size());
    const auto group = filter.substr(0, filter.find('/'));
    if (group.empty() || group.size() == filter.size() || !is_topic_name(group)) return false;
    filter.remove_prefix(group.size() + 1);
  }
  if (filter.empty()) return false;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] != '+' && filter[i] != '#') continue;
    const bool begins = i == 0 || filter[i - 1] == '/';
    const bool ends = i + 1 == filter.size() || (filter[i] == '+' && filter[i + 1] == '/');
    if (!begins || !ends) return false;
  }
  return true;
}

}  // namespace td::wire
