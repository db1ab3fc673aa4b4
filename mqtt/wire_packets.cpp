#include "mqtt/wire_packets.hpp"

#include <algorithm>

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
constexpr property_set of_publish{
    property::payload_format,   property::message_expiry,  property::content_type,
    property::response_topic,   property::correlation_data, property::subscription_id,
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
      into.keep_alive = static_cast<std::uint16_t>(value.number());
      break;
    case property::reason_string:
      into.reason_text = value.text();
      break;
    default:
      break;
  }
}

// -- topics ---

std::optional<fault> check_topic(std::string_view topic, bool aliased) noexcept {
  if (aliased) return fault{reason::topic_alias_invalid, "a topic alias, though none may be used"};
  if (is_topic_name(topic)) return std::nullopt;
  if (topic.empty()) return forbidden("a message without a topic");
  if (!is_text(topic)) return malformed("a topic that is no UTF-8, or has U+0000");
  return fault{reason::topic_name_invalid, "a topic with wildcards"};
}

// -- writing ---

void append_number(std::string& to, std::uint16_t n) {
  to += static_cast<char>(n >> 8);
  to += static_cast<char>(n & 0xff);
}

void append_number(std::string& to, std::uint32_t n) {
  append_number(to, static_cast<std::uint16_t>(n >> 16));
  append_number(to, static_cast<std::uint16_t>(n & 0xffff));
}

void append_text(std::string& to, std::string_view text) {
  append_number(to, static_cast<std::uint16_t>(text.size()));
  to += text;
}

void append_property(std::string& to, property p) {
  to += static_cast<char>(p);
}

/// Section 1.5.5: seven bits to a byte, the lowest first.
void append_length(std::string& to, std::size_t n) {
  do {
    const auto low = static_cast<unsigned char>(n & 0x7f);
    n >>= 7;
    to += static_cast<char>(n > 0 ? low | 0x80 : low);
  } while (n > 0);
}

std::size_t length_size(std::size_t n) noexcept {
  return n < 0x80 ? 1 : n < 0x4000 ? 2 : n < 0x20'0000 ? 3 : 4;
}

void append_header(std::string& to, packet_type type, unsigned flags, std::size_t rest) {
  to += static_cast<char>(static_cast<unsigned>(type) << 4 | flags);
  append_length(to, rest);
}

std::size_t publish_rest(std::string_view topic, std::string_view body) noexcept {
  return 2 + topic.size() + 2 + 1 + body.size();
}

}  // namespace

// -- reading ---

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
  bool aliased = false;
  if (!properties.empty()) {
    property_walk walk{properties, of_publish};
    while (const auto name = walk.next())
      aliased = aliased || *name == property::topic_alias;
    if (walk.trouble() != nullptr) return *walk.trouble();
  }
  if (const auto trouble = check_topic(m.topic, aliased)) return *trouble;
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

// -- writing ---

void append_connect(std::string& to, const connect_packet& what) {
  constexpr unsigned clean_start = 0x02, has_password = 0x40, has_username = 0x80;
  std::string properties;
  if (what.session_expiry != 0) {
    append_property(properties, property::session_expiry);
    append_number(properties, what.session_expiry);
  }
  if (what.receive_maximum != 65535) {
    append_property(properties, property::receive_maximum);
    append_number(properties, std::max<std::uint16_t>(what.receive_maximum, 1));
  }
  std::string rest;
  append_text(rest, "MQTT");
  rest += '\x05';
  rest += static_cast<char>((what.clean_start ? clean_start : 0) |
                            (what.password.empty() ? 0 : has_password) |
                            (what.username.empty() ? 0 : has_username));
  append_number(rest, what.keep_alive);
  append_length(rest, properties.size());
  rest += properties;
  append_text(rest, what.client_id);
  if (!what.username.empty()) append_text(rest, what.username);
  if (!what.password.empty()) append_text(rest, what.password);
  append_header(to, packet_type::connect, 0, rest.size());
  to += rest;
}

void append_publish(std::string& to, const publish_packet& what) {
  append_header(to, packet_type::publish, what.qos << 1u | (what.retain ? 1u : 0u),
                publish_rest(what.topic, what.body));
  append_text(to, what.topic);
  append_number(to, what.packet_id);
  append_length(to, 0);
  to += what.body;
}

std::size_t publish_size(std::string_view topic, std::string_view body) noexcept {
  const auto rest = publish_rest(topic, body);
  return 1 + length_size(rest) + rest;
}

void append_puback(std::string& to, std::uint16_t packet_id) {
  const char all[] = {'\x40', '\x02', static_cast<char>(packet_id >> 8),
                      static_cast<char>(packet_id & 0xff)};
  to.append(all, sizeof all);
}

void append_subscribe(std::string& to, std::uint16_t packet_id, std::string_view filter,
                      bool retained) {
  constexpr unsigned qos_1 = 0x01, retain_as_published = 0x08, never_retained = 0x20;
  append_header(to, packet_type::subscribe, 2, 2 + 1 + 2 + filter.size() + 1);
  append_number(to, packet_id);
  append_length(to, 0);
  append_text(to, filter);
  to += static_cast<char>(qos_1 | retain_as_published | (retained ? 0 : never_retained));
}

void append_unsubscribe(std::string& to, std::uint16_t packet_id, std::string_view filter) {
  append_header(to, packet_type::unsubscribe, 2, 2 + 1 + 2 + filter.size());
  append_number(to, packet_id);
  append_length(to, 0);
  append_text(to, filter);
}

void append_disconnect(std::string& to, std::uint8_t reason, bool end_session) {
  if (!end_session) {
    append_header(to, packet_type::disconnect, 0, reason == reason::success ? 0 : 1);
    if (reason != reason::success) to += static_cast<char>(reason);
    return;
  }
  append_header(to, packet_type::disconnect, 0, 1 + 1 + 5);
  to += static_cast<char>(reason);
  append_length(to, 5);
  append_property(to, property::session_expiry);
  append_number(to, std::uint32_t{0});
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
