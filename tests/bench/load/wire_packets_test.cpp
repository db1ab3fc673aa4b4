#include "bench/load/wire_packets.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace td::bench;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(wire_packets)

BOOST_AUTO_TEST_CASE(connect_as_section_3_1_writes_it) {
  BOOST_TEST(wire::connect("id", "", "", 60) ==
             "\x10\x0f\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x02id"s);
  BOOST_TEST(wire::connect("id", "u", "pw", 60) ==
             "\x10\x16\x00\x04MQTT\x05\xc2\x00\x3c\x00\x00\x02id\x00\x01u\x00\x02pw"s);
}

BOOST_AUTO_TEST_CASE(publish_as_section_3_3_writes_it) {
  std::string to{"before"};
  wire::append_publish(to, "a/b", "xyz", 0x0102, false);
  BOOST_TEST(to ==
             "before\x32\x0b\x00\x03"
             "a/b\x01\x02\x00xyz"s);
  to.clear();
  wire::append_publish(to, "a/b", "", 7, true);
  BOOST_TEST(to ==
             "\x33\x08\x00\x03"
             "a/b\x00\x07\x00"s);
}

BOOST_AUTO_TEST_CASE(publish_bodies_of_every_size_that_read_back) {
  for (const std::size_t size :
       {0, 1, 118, 119, 120, 121, 16'370, 16'375, 16'380, 2'097'140, 2'097'150}) {
    std::string to;
    const std::string body(size, 'x');
    wire::append_publish(to, "topic", body, 9, false);
    BOOST_TEST(to.size() == wire::publish_size("topic", body));
    const auto front = wire::first_packet(to);
    BOOST_REQUIRE(front.whole.has_value());
    BOOST_TEST(front.whole->bytes == to.size());
    BOOST_TEST(front.whole->type == 3);
    BOOST_TEST(front.whole->rest.ends_with(body));
    // One byte less is not whole yet.
    BOOST_TEST(
        !wire::first_packet(std::string_view{to}.substr(0, to.size() - 1)).whole.has_value());
  }
}

BOOST_AUTO_TEST_CASE(tell_what_is_incomplete_from_what_is_malformed) {
  BOOST_TEST(!wire::first_packet("").malformed);
  BOOST_TEST(!wire::first_packet("\x40").malformed);
  BOOST_TEST(!wire::first_packet("\x40\xff\xff").malformed);
  BOOST_TEST(wire::first_packet("\x40\xff\xff\xff\xff\x01").malformed);
}

BOOST_AUTO_TEST_CASE(read_what_a_broker_says_about_itself) {
  const auto terms =
      wire::read_connack("\x00\x00\x0d\x21\x00\x14\x27\x00\x10\x00\x00\x13\x00\x1e\x2a\x01"s);
  BOOST_REQUIRE(terms.has_value());
  BOOST_TEST(terms->reason == 0);
  BOOST_TEST(terms->receive_maximum == 20);
  BOOST_TEST(terms->packet_limit == 1u << 20);
  BOOST_TEST(*terms->keep_alive == 30);
  const auto refused = wire::read_connack("\x00\x87\x0b\x1f\x00\x02no\x26\x00\x00\x00\x01x"s);
  BOOST_REQUIRE(refused.has_value());
  BOOST_TEST(refused->reason == 0x87);
  BOOST_TEST(refused->reason_text == "no");
  for (const auto& bad : {""s, "\x00"s, "\x00\x00"s, "\x00\x00\x03\x21\x00"s, "\x00\x00\x01\x7f"s,
                          "\x00\x00\x00\x00"s, "\x00\x00\x02\x1f\x00"s})
    BOOST_TEST(!wire::read_connack(bad).has_value());
}

BOOST_AUTO_TEST_CASE(read_acknowledgements_with_and_without_a_reason) {
  BOOST_TEST(wire::read_puback("\x01\x02"s)->packet_id == 0x0102);
  BOOST_TEST(wire::read_puback("\x01\x02"s)->reason == 0);
  BOOST_TEST(wire::read_puback("\x01\x02\x10"s)->reason == 16);
  BOOST_TEST(wire::read_puback("\x01\x02\x87\x00"s)->reason == 0x87);
  BOOST_TEST(!wire::read_puback("\x01"s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
