#include "bench/load/wire_packets.hpp"

namespace td::bench::wire {

namespace {

void append_number(std::string& to, std::uint16_t n) {
  to += static_cast<char>(n >> 8);
  to += static_cast<char>(n & 0xff);
}

void append_text(std::string& to, std::string_view text) {
  append_number(to, static_cast<std::uint16_t>(text.size()));
  to += text;
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

std::size_t publish_rest(std::string_view topic, std::string_view body) noexcept {
  return 2 + topic.size() + 2 + 1 + body.size();
}

/// Takes fields off the front; `good` falls when there is too little.
struct cursor {
  std::string_view left;
  bool good{true};

  std::string_view take(std::size_t bytes) noexcept {
    if (bytes > left.size()) good = false;
    const auto taken = left.substr(0, good ? bytes : 0);
    left.remove_prefix(taken.size());
    return taken;
  }
  std::uint32_t number(std::size_t bytes) noexcept {
    std::uint32_t n = 0;
    for (const char c : take(bytes))
      n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }
  std::string_view text() noexcept { return take(number(2)); }
  std::size_t length() noexcept {
    std::size_t n = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const auto byte = number(1);
      n |= std::size_t{byte & 0x7f} << shift;
      if ((byte & 0x80) == 0) return n;
    }
    good = false;
    return 0;
  }
};

/// One property of CONNACK (section 3.2.2.3).
void read_property(cursor& in, connack_terms& terms) {
  switch (in.number(1)) {
    case 0x11:  // Session Expiry Interval
      in.take(4);
      break;
    case 0x13:
      terms.keep_alive = static_cast<std::uint16_t>(in.number(2));
      break;
    case 0x1f:
      terms.reason_text = in.text();
      break;
    case 0x21:
      terms.receive_maximum = static_cast<std::uint16_t>(in.number(2));
      break;
    case 0x22:  // Topic Alias Maximum
      in.take(2);
      break;
    case 0x24:  // Maximum QoS, Retain, Wildcard, Subscription Ids, Shared
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2a:
      in.take(1);
      break;
    case 0x26:  // User Property
      in.text();
      in.text();
      break;
    case 0x27:
      terms.packet_limit = in.number(4);
      break;
    case 0x12:  // Assigned Client Identifier, Response Information, Server Reference,
    case 0x15:  // Authentication Method and Data
    case 0x16:
    case 0x1a:
    case 0x1c:
      in.text();
      break;
    default:
      in.good = false;
  }
}

}  // namespace

std::string connect(std::string_view client_id, std::string_view user, std::string_view password,
                    std::uint16_t keep_alive_seconds) {
  constexpr char clean_start = 0x02, has_password = 0x40;
  constexpr int has_user = 0x80;
  std::string rest;
  append_text(rest, "MQTT");
  rest += '\x05';
  rest += static_cast<char>(clean_start | (password.empty() ? 0 : has_password) |
                            (user.empty() ? 0 : has_user));
  append_number(rest, keep_alive_seconds);
  append_length(rest, 0);
  append_text(rest, client_id);
  if (!user.empty()) append_text(rest, user);
  if (!password.empty()) append_text(rest, password);
  std::string all{'\x10'};
  append_length(all, rest.size());
  return all + rest;
}

void append_publish(std::string& to, std::string_view topic, std::string_view body,
                    std::uint16_t packet_id, bool retain) {
  to += retain ? '\x33' : '\x32';
  append_length(to, publish_rest(topic, body));
  append_text(to, topic);
  append_number(to, packet_id);
  append_length(to, 0);
  to += body;
}

std::size_t publish_size(std::string_view topic, std::string_view body) noexcept {
  const auto rest = publish_rest(topic, body);
  return 1 + length_size(rest) + rest;
}

front first_packet(std::string_view stream) noexcept {
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i + 1 >= stream.size()) return {};
    const auto byte = static_cast<unsigned char>(stream[i + 1]);
    length |= std::size_t{byte & 0x7fu} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    const auto head = i + 2;
    if (stream.size() < head + length) return {};
    return {.whole = packet{
                .type = static_cast<std::uint8_t>(static_cast<unsigned char>(stream.front()) >> 4),
                .rest = stream.substr(head, length),
                .bytes = head + length}};
  }
  return {.malformed = true};
}

std::optional<connack_terms> read_connack(std::string_view rest) {
  cursor in{rest};
  connack_terms terms;
  in.take(1);  // session present
  terms.reason = static_cast<std::uint8_t>(in.number(1));
  cursor properties{in.take(in.length())};
  while (in.good && properties.good && !properties.left.empty())
    read_property(properties, terms);
  if (!in.good || !properties.good || !in.left.empty()) return std::nullopt;
  return terms;
}

std::optional<acknowledgement> read_puback(std::string_view rest) noexcept {
  cursor in{rest};
  acknowledgement a{.packet_id = static_cast<std::uint16_t>(in.number(2))};
  if (!in.left.empty()) a.reason = static_cast<std::uint8_t>(in.number(1));
  if (!in.good) return std::nullopt;
  return a;
}

}  // namespace td::bench::wire
