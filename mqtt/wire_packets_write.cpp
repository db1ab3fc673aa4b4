// What we write.

#include <algorithm>

#include "mqtt/wire_fields.hpp"
#include "mqtt/wire_packets.hpp"

namespace td::wire {

namespace {

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

}  // namespace td::wire
