// What a broker sends: the stream at once and in pieces gives the same packets, each read strictly.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "mqtt/packet_reader.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace {

using td::fuzz::require;
namespace wire = td::wire;

struct outcome {
  std::vector<std::string> packets{};
  int trouble{};
  bool operator==(const outcome&) const = default;
};

void check(const wire::fault& f) {
  require(f.reason >= wire::reason::first_failure, "a fault is a failure");
  require(!f.what.empty() && td::fuzz::is_utf8(f.what) && f.what.find('\n') == f.what.npos,
          "a fault is one line of words");
}

template <class T>
bool sound(const wire::parsed<T>& parsed) {
  if (!parsed) check(parsed.error());
  return parsed.has_value();
}

void check_publish(const wire::packet& p) {
  const auto m = wire::read_publish(p);
  if (!sound(m)) return;
  require(m->topic.size() <= 65535, "a topic has a length of two bytes");
  require((m->packet_id != 0) == ((p.flags & 6) != 0), "QoS 1 has a packet id, QoS 0 none");
  require(m->body.empty() || m->body.data() + m->body.size() == p.rest.data() + p.rest.size(),
          "a body ends with its packet");
  if (m->packet_id == 0 || m->duplicate || !wire::is_topic_name(m->topic)) return;
  require(td::fuzz::is_utf8(m->topic), "a topic name is UTF-8");
  // Written again without properties, it reads the same.
  std::string again;
  wire::append_publish(again, {m->topic, m->body, m->packet_id, 1, m->retain});
  require(again.size() == wire::publish_size(m->topic, m->body), "the size is known before");
  const auto front = wire::first_packet(again);
  require(front.whole.has_value(), "what we write is whole");
  const auto second = wire::read_publish(*front.whole);
  require(second && second->topic == m->topic && second->body == m->body &&
              second->packet_id == m->packet_id && second->retain == m->retain,
          "what we write is what we read");
}

void check_packet(const wire::packet& p) {
  switch (p.type) {
    case wire::packet_type::connack:
      if (const auto c = wire::read_connack(p); sound(c))
        require(c->terms.receive_maximum > 0 && c->terms.maximum_qos <= 2, "terms are possible");
      break;
    case wire::packet_type::publish:
      check_publish(p);
      break;
    case wire::packet_type::puback:
    case wire::packet_type::pubrec:
      if (const auto a = wire::read_acknowledgement(p); sound(a))
        require(a->packet_id != 0, "an acknowledgement has a packet id");
      break;
    case wire::packet_type::suback:
    case wire::packet_type::unsuback:
      if (const auto c = wire::read_codes(p); sound(c))
        require(c->packet_id != 0 && !c->each.empty(), "there is a code");
      break;
    case wire::packet_type::disconnect:
      if (const auto f = wire::read_disconnect(p); sound(f))
        require(td::fuzz::is_utf8(f->text), "the broker's words are UTF-8");
      break;
    default:
      break;
  }
}

template <class Size>
outcome read_all(std::string_view stream, Size next_size) {
  wire::packet_reader reader;
  outcome all;
  for (;;) {
    const auto front = reader.next();
    if (front.trouble) {
      check(*front.trouble);
      all.trouble = front.trouble->reason;
      return all;
    }
    if (front.whole) {
      require(front.whole->type != wire::packet_type::connect, "a broker does not connect");
      check_packet(*front.whole);
      all.packets.emplace_back(front.whole->rest);
      continue;
    }
    if (stream.empty()) return all;
    const auto room = reader.room();
    const auto bytes = std::min({next_size(), room.size(), stream.size()});
    require(bytes > 0, "there is room");
    std::memcpy(room.data(), stream.data(), bytes);
    stream.remove_prefix(bytes);
    reader.filled(bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size: the address sanitizer watches its end.
  const std::vector<char> exact(data, data + size);
  const std::string_view stream{exact.data(), exact.size()};
  const auto whole = read_all(stream, [&] { return std::max<std::size_t>(size, 1); });
  require(read_all(stream, [] { return std::size_t{1}; }) == whole, "bytes give the same packets");
  std::size_t turn = size;
  require(read_all(stream, [&] { return ++turn * 7 % 13 + 1; }) == whole,
          "pieces give the same packets");
  const auto front = wire::first_packet(stream);
  if (front.whole) check_packet(*front.whole);
  return 0;
}
