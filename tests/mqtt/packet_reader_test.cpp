#include "mqtt/packet_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;
using namespace std::string_literals;

namespace {

/// A packet as it was seen, and where its bytes were copied from.
struct seen {
  int type;
  std::string rest;
  bool operator==(const seen&) const = default;
};

struct everything {
  std::vector<seen> packets{};
  int trouble{};
  bool operator==(const everything&) const = default;
};

/// Feeds the stream in pieces of the sizes that `next_size` says.
template <class Size>
everything read_in_pieces(std::string_view stream, Size next_size) {
  wire::packet_reader reader;
  everything all;
  for (;;) {
    const auto front = reader.next();
    if (front.trouble) {
      all.trouble = front.trouble->reason;
      return all;
    }
    if (front.whole) {
      all.packets.push_back({static_cast<int>(front.whole->type), std::string{front.whole->rest}});
      continue;
    }
    if (stream.empty()) return all;
    const auto room = reader.room();
    BOOST_REQUIRE(!room.empty());
    const auto bytes =
        std::min({std::max<std::size_t>(next_size(), 1), room.size(), stream.size()});
    std::memcpy(room.data(), stream.data(), bytes);
    stream.remove_prefix(bytes);
    reader.filled(bytes);
  }
}

std::string publish_of(std::size_t body, std::uint16_t id = 1) {
  std::string to;
  wire::append_publish(to, {"tracker/events/tasks/updated", std::string(body, 'x'), id});
  return to;
}

/// What a broker sends to a lane, recorded: CONNACK, SUBACK, messages, PINGRESP, UNSUBACK, the end.
std::string recorded() {
  return "\x20\x06\x01\x00\x03\x22\x00\x0a"s + "\x90\x04\x00\x01\x00\x01"s + publish_of(0) +
         publish_of(1, 2) + publish_of(300, 3) + "\x30\x05\x00\x01t\x00x"s + "\xd0\x00"s +
         publish_of(1500, 4) + "\xb0\x04\x00\x02\x00\x00"s + "\xe0\x02\x8e\x00"s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_packet_reader)

BOOST_AUTO_TEST_CASE(gives_the_same_packets_for_every_split) {
  const auto stream = recorded();
  const auto whole = read_in_pieces(stream, [&] { return stream.size(); });
  BOOST_REQUIRE_EQUAL(whole.packets.size(), 10u);
  BOOST_TEST(whole.packets[4].rest.size() == 2u + 28u + 2u + 1u + 300u);
  for (std::size_t at = 1; at < stream.size(); ++at) {
    bool first = true;
    const auto split =
        read_in_pieces(stream, [&] { return std::exchange(first, false) ? at : stream.size(); });
    BOOST_REQUIRE_MESSAGE(split == whole, "split at " << at);
  }
  for (const std::size_t crumbs : {1, 2, 3, 5, 7, 64, 1000})
    BOOST_TEST((read_in_pieces(stream, [&] { return crumbs; }) == whole));
}

RC_BOOST_PROP(gives_the_same_packets_for_random_splits_of_random_streams,
              (const std::vector<std::uint16_t>& bodies, const std::vector<std::uint16_t>& sizes)) {
  std::string stream;
  for (const auto body : bodies)
    stream += publish_of(body % 20'000u, static_cast<std::uint16_t>(body | 1));
  std::size_t turn = 0;
  const auto pieces = read_in_pieces(stream, [&]() -> std::size_t {
    return sizes.empty() ? 4096 : std::size_t{sizes[turn++ % sizes.size()]} * 4;
  });
  RC_ASSERT(pieces.trouble == 0);
  RC_ASSERT(pieces.packets.size() == bodies.size());
  RC_ASSERT(pieces == read_in_pieces(stream, [&] { return stream.size(); }));
}

BOOST_AUTO_TEST_CASE(stays_with_a_fault_and_with_what_came_before_it) {
  const auto stream = publish_of(5) + publish_of(6, 2) + "\x41\x00"s + publish_of(7, 3);
  for (const std::size_t crumbs : {1, 3, 1000}) {
    const auto all = read_in_pieces(stream, [&] { return crumbs; });
    BOOST_TEST(all.packets.size() == 2u);
    BOOST_TEST(all.trouble == 0x81);
  }
}

BOOST_AUTO_TEST_CASE(reads_messages_around_its_usual_room) {
  constexpr auto room = wire::packet_reader::usual_room;
  for (const std::size_t bytes :
       {room - 1, room, room + 1, 2 * room - 1, 2 * room, 2 * room + 1, 5 * room + 3}) {
    const auto header = publish_of(bytes).size() - bytes;
    const auto stream = publish_of(bytes - header) + publish_of(10, 2);
    for (const std::size_t piece : {std::size_t{16'384}, std::size_t{1u << 30}}) {
      const auto all = read_in_pieces(stream, [&] { return piece; });
      BOOST_REQUIRE_EQUAL(all.packets.size(), 2u);
      BOOST_TEST((all.packets[0].rest.ends_with("xxx")));
      BOOST_TEST((all.packets[1].rest.size() == 2u + 28u + 2u + 1u + 10u));
    }
  }
}

BOOST_AUTO_TEST_CASE(believes_no_header_about_memory) {
  wire::packet_reader reader;
  const auto header = "\x32\xff\xff\xff\x7f"s;  // 256 MiB are announced
  std::size_t come = 0;
  while (come < 3u << 20) {
    const auto front = reader.next();
    BOOST_REQUIRE((!front.whole && !front.trouble));
    const auto room = reader.room();
    const auto bytes = std::min<std::size_t>(room.size(), 10'000);
    std::memset(room.data(), 'x', bytes);
    if (come == 0) std::memcpy(room.data(), header.data(), header.size());
    reader.filled(bytes);
    come += bytes;
    BOOST_REQUIRE_LE(reader.capacity(), std::max(2 * come, wire::packet_reader::usual_room));
  }
  reader.clear();
  BOOST_TEST(reader.buffered() == 0u);
  BOOST_TEST(reader.capacity() <= wire::packet_reader::usual_room);
}

BOOST_AUTO_TEST_CASE(gives_the_room_of_a_large_message_back) {
  wire::packet_reader reader;
  const auto large = publish_of(4u << 20);
  for (std::string_view left = large; !left.empty();) {
    BOOST_REQUIRE(!reader.next().whole);
    const auto room = reader.room();
    const auto bytes = std::min(room.size(), left.size());
    std::memcpy(room.data(), left.data(), bytes);
    left.remove_prefix(bytes);
    reader.filled(bytes);
  }
  BOOST_TEST(reader.next().whole.has_value());
  BOOST_TEST(reader.capacity() > wire::packet_reader::usual_room);
  BOOST_TEST(!reader.next().whole);
  BOOST_TEST(reader.room().size() == wire::packet_reader::usual_room);
}

BOOST_AUTO_TEST_SUITE_END()
