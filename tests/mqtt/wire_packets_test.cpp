#include "mqtt/wire_packets.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;
using namespace std::string_literals;

namespace {

/// The one packet that the bytes are.
wire::packet whole(std::string_view bytes) {
  const auto front = wire::first_packet(bytes);
  BOOST_REQUIRE(!front.trouble);
  BOOST_REQUIRE(front.whole.has_value());
  BOOST_REQUIRE_EQUAL(front.whole->bytes, bytes.size());
  return *front.whole;
}

/// What is wrong with it, whatever packet it is: 0 where nothing is.
int fault_of(std::string_view bytes) {
  const auto front = wire::first_packet(bytes);
  if (front.trouble) return front.trouble->reason;
  BOOST_REQUIRE(front.whole.has_value());
  const auto reason = [](const auto& parsed) { return parsed ? 0 : int{parsed.error().reason}; };
  switch (front.whole->type) {
    case wire::packet_type::connack:
      return reason(wire::read_connack(*front.whole));
    case wire::packet_type::publish:
      return reason(wire::read_publish(*front.whole));
    case wire::packet_type::puback:
    case wire::packet_type::pubrec:
      return reason(wire::read_acknowledgement(*front.whole));
    case wire::packet_type::suback:
    case wire::packet_type::unsuback:
      return reason(wire::read_codes(*front.whole));
    default:
      return reason(wire::read_disconnect(*front.whole));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wire_packets)

// -- what we write ---

BOOST_AUTO_TEST_CASE(write_connect_as_section_3_1_does) {
  std::string to;
  wire::append_connect(to, {.client_id = "id"});
  BOOST_TEST(to == "\x10\x0f\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x02id"s);
  to.clear();
  wire::append_connect(to, {.client_id = "id",
                            .username = "u",
                            .password = "pw",
                            .clean_start = false,
                            .session_expiry = 0xFFFFFFFF,
                            .receive_maximum = 8000,
                            .keep_alive = 30});
  BOOST_TEST(to ==
             "\x10\x1e\x00\x04MQTT\x05\xc0\x00\x1e\x08\x11\xff\xff\xff\xff\x21\x1f\x40"
             "\x00\x02id\x00\x01u\x00\x02pw"s);
}

BOOST_AUTO_TEST_CASE(write_publish_as_section_3_3_does) {
  std::string to{"before"};
  wire::append_publish(to, {"a/b", "xyz", 0x0102});
  BOOST_TEST(to ==
             "before\x32\x0b\x00\x03"
             "a/b\x01\x02\x00xyz"s);
  to.clear();
  wire::append_publish(to, {"a/b", "", 7, 2, true});
  BOOST_TEST(to ==
             "\x35\x08\x00\x03"
             "a/b\x00\x07\x00"s);
}

BOOST_AUTO_TEST_CASE(write_the_short_ones) {
  std::string to;
  wire::append_puback(to, 0x01ff);
  BOOST_TEST(to == "\x40\x02\x01\xff"s);
  to.clear();
  wire::append_subscribe(to, 3, "a/#", false);
  BOOST_TEST(to == "\x82\x09\x00\x03\x00\x00\x03"s + "a/#\x29");
  to.clear();
  wire::append_subscribe(to, 3, "a/#", true);
  BOOST_TEST(to == "\x82\x09\x00\x03\x00\x00\x03"s + "a/#\x09");
  to.clear();
  wire::append_unsubscribe(to, 4, "a/#");
  BOOST_TEST(to == "\xa2\x08\x00\x04\x00\x00\x03"s + "a/#");
  to.clear();
  wire::append_disconnect(to, 0, false);
  wire::append_disconnect(to, 0x81, false);
  wire::append_disconnect(to, 0, true);
  BOOST_TEST(to == "\xe0\x00\xe0\x01\x81\xe0\x07\x00\x05\x11\x00\x00\x00\x00"s);
}

// -- what we read ---

BOOST_AUTO_TEST_CASE(read_back_bodies_of_every_size) {
  for (const std::size_t size : {0, 1, 117, 118, 119, 120, 121, 16'370, 16'373, 16'374, 16'375,
                                 2'097'141, 2'097'142, 2'097'143, 20'000'000}) {
    std::string to;
    const std::string body(size, 'x');
    wire::append_publish(to, {"topic", body, 9});
    BOOST_TEST(to.size() == wire::publish_size("topic", body));
    const auto m = wire::read_publish(whole(to));
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST((m->topic == "topic" && m->body == body && m->packet_id == 9));
    // One byte less is not whole yet, and its size is known.
    const auto cut = wire::first_packet(std::string_view{to}.substr(0, to.size() - 1));
    BOOST_TEST((!cut.whole && !cut.trouble && cut.needs == to.size()));
  }
}

BOOST_AUTO_TEST_CASE(read_the_flags_and_skip_the_properties_of_a_message) {
  const auto all =
      "\x3b\x26\x00\x01t\x00\x07\x1e\x01\x01\x02\x00\x00\x00\x05\x03\x00\x01j\x08\x00\x01r"
      "\x09\x00\x02\xff\x00\x0b\x81\x01\x26\x00\x01k\x00\x01vbo"s;
  const auto m = wire::read_publish(whole(all));
  BOOST_REQUIRE(m.has_value());
  BOOST_TEST(
      (m->topic == "t" && m->body == "bo" && m->packet_id == 7 && m->retain && m->duplicate));
  const auto bare = "\x30\x05\x00\x01t\x00x"s;
  const auto plain = wire::read_publish(whole(bare));
  BOOST_REQUIRE(plain.has_value());
  BOOST_TEST((plain->packet_id == 0 && !plain->retain && !plain->duplicate && plain->body == "x"));
}

BOOST_AUTO_TEST_CASE(read_what_a_broker_says_about_itself) {
  const auto c = wire::read_connack(whole(
      "\x20\x28\x01\x00\x25\x21\x00\x14\x27\x00\x10\x00\x00\x13\x00\x1e\x24\x01\x25\x00\x28\x00"
      "\x29\x01\x2a\x00\x11\x00\x00\x00\x3c\x22\x00\x0a\x12\x00\x02id\x1f\x00\x00"s));
  BOOST_REQUIRE(c.has_value());
  BOOST_TEST((c->session_present && c->reason == 0));
  BOOST_TEST(c->terms.receive_maximum == 20);
  BOOST_TEST(*c->terms.maximum_packet_size == 1u << 20);
  BOOST_TEST(*c->terms.keep_alive == 30);
  BOOST_TEST(int{c->terms.maximum_qos} == 1);
  BOOST_TEST(*c->terms.session_expiry == 60u);
  BOOST_TEST((!c->terms.retain_available && !c->terms.wildcard_subscriptions &&
              !c->terms.shared_subscriptions));
  const auto refused =
      wire::read_connack(whole("\x20\x0e\x00\x87\x0b\x1f\x00\x02no\x26\x00\x00\x00\x01x"s));
  BOOST_REQUIRE(refused.has_value());
  BOOST_TEST((refused->reason == 0x87 && refused->reason_text == "no"));
  const auto silent = wire::read_connack(whole("\x20\x03\x00\x00\x00"s));
  BOOST_REQUIRE(silent.has_value());
  BOOST_TEST((silent->terms.receive_maximum == 65535 && !silent->terms.keep_alive &&
              !silent->terms.maximum_packet_size && silent->terms.shared_subscriptions));
  const auto old = wire::read_connack(whole("\x20\x02\x00\x01"s));  // in MQTT 3.1.1
  BOOST_REQUIRE(old.has_value());
  BOOST_TEST(int{old->reason} == 0x84);
}

BOOST_AUTO_TEST_CASE(read_answers_with_and_without_reasons) {
  const auto a = [](const std::string& bytes) {
    const auto r = wire::read_acknowledgement(whole(bytes));
    BOOST_REQUIRE(r.has_value());
    return *r;
  };
  BOOST_TEST((a("\x40\x02\x01\x02"s).packet_id == 0x0102 && a("\x40\x02\x01\x02"s).reason == 0));
  BOOST_TEST(int{a("\x40\x03\x01\x02\x10"s).reason} == 16);
  BOOST_TEST(int{a("\x50\x04\x01\x02\x87\x00"s).reason} == 0x87);
  BOOST_TEST(int{a("\x40\x08\x01\x02\x97\x04\x1f\x00\x01x"s).reason} == 0x97);
  const auto codes = "\x90\x08\x00\x05\x04\x1f\x00\x01x\x87"s;
  const auto suback = wire::read_codes(whole(codes));
  BOOST_REQUIRE(suback.has_value());
  BOOST_TEST((suback->packet_id == 5 && suback->each == "\x87"));
  const auto bare = wire::read_disconnect(whole("\xe0\x00"s));
  BOOST_REQUIRE(bare.has_value());
  BOOST_TEST((bare->reason == 0 && bare->text.empty()));
  const auto farewell = "\xe0\x09\x8e\x07\x1f\x00\x04gone"s;
  const auto told = wire::read_disconnect(whole(farewell));
  BOOST_REQUIRE(told.has_value());
  BOOST_TEST((told->reason == 0x8e && told->text == "gone"));
}

// -- what we refuse ---

BOOST_AUTO_TEST_CASE(refuse_what_the_standard_forbids) {
  struct {
    std::string bytes;
    int reason;
    const char* what;
  } const table[] = {
      {"\x10\x00"s, 0x81, "CONNECT from a broker"},
      {"\x00\x00"s, 0x81, "type 0"},
      {"\x82\x00"s, 0x81, "SUBSCRIBE from a broker"},
      {"HTTP/1.1 400 Bad Request"s, 0x81, "another protocol"},
      {"\x15\x03\x03\x00\x02\x02\x46"s, 0x81, "a TLS alert"},
      {"\x21\x03\x00\x00\x00"s, 0x81, "CONNACK with flags"},
      {"\x41\x02\x00\x01"s, 0x81, "PUBACK with flags"},
      {"\x36\x05\x00\x01t\x00\x01"s, 0x81, "QoS 3"},
      {"\x38\x04\x00\x01t\x00"s, 0x81, "QoS 0 with DUP"},
      {"\x40\xff\xff\xff\xff\x01"s, 0x81, "a length of five bytes"},
      {"\x40\x82\x00\x00\x01"s, 0x81, "a length longer than it needs"},
      {"\x40\x81\x80\x40"s, 0x95, "a PUBACK of over a MiB"},
      {"\xe0\xff\xff\xff\x7f"s, 0x95, "a DISCONNECT of 256 MiB"},
      {"\x20\x00"s, 0x81, "CONNACK without content"},
      {"\x20\x02\x00\x00"s, 0x81, "CONNACK without properties"},
      {"\x20\x03\x02\x00\x00"s, 0x81, "CONNACK with reserved flags"},
      {"\x20\x03\x01\x87\x00"s, 0x82, "CONNACK that refuses and has the session"},
      {"\x20\x05\x00\x00\x03\x21\x00"s, 0x81, "properties past the end"},
      {"\x20\x05\x00\x00\x02\x21\x00"s, 0x81, "a value past the properties"},
      {"\x20\x06\x00\x00\x03\x21\x00\x00"s, 0x82, "Receive Maximum 0"},
      {"\x20\x08\x00\x00\x05\x27\x00\x00\x00\x00"s, 0x82, "Maximum Packet Size 0"},
      {"\x20\x05\x00\x00\x02\x24\x02"s, 0x82, "Maximum QoS 2"},
      {"\x20\x09\x00\x00\x06\x13\x00\x01\x13\x00\x02"s, 0x82, "a property twice"},
      {"\x20\x04\x00\x00\x01\x7f"s, 0x81, "a property that does not exist"},
      {"\x20\x05\x00\x00\x02\xa1\x00"s, 0x81, "a property name of two bytes"},
      {"\x20\x06\x00\x00\x03\x23\x00\x01"s, 0x82, "a topic alias in CONNACK"},
      {"\x20\x07\x00\x00\x04\x1f\x00\x01\xff"s, 0x81, "a reason that is no UTF-8"},
      {"\x20\x04\x00\x00\x00\x00"s, 0x81, "CONNACK with a tail"},
      {"\x30\x00"s, 0x81, "PUBLISH without content"},
      {"\x30\x02\x00\x05"s, 0x81, "a topic past the end"},
      {"\x32\x03\x00\x01t"s, 0x81, "no packet id"},
      {"\x32\x05\x00\x01t\x00\x07"s, 0x81, "no properties' length"},
      {"\x32\x06\x00\x01t\x00\x07\x05"s, 0x81, "properties past the end of PUBLISH"},
      {"\x32\x06\x00\x01t\x00\x00\x00"s, 0x82, "packet id 0"},
      {"\x34\x06\x00\x01t\x00\x07\x00"s, 0x82, "QoS 2"},
      {"\x30\x07\x00\x01t\x03\x23\x00\x01"s, 0x94, "a topic alias"},
      {"\x30\x06\x00\x00\x03\x23\x00\x01"s, 0x94, "a topic alias instead of a topic"},
      {"\x30\x06\x00\x01t\x02\x24\x01"s, 0x82, "CONNACK's property in PUBLISH"},
      {"\x40\x01\x01"s, 0x81, "half a packet id"},
      {"\x40\x02\x00\x00"s, 0x82, "PUBACK of packet id 0"},
      {"\x40\x04\x00\x01\x00\x01"s, 0x81, "PUBACK's properties past the end"},
      {"\x40\x05\x00\x01\x00\x00\x00"s, 0x81, "PUBACK with a tail"},
      {"\x90\x03\x00\x01\x00"s, 0x81, "SUBACK without a code"},
      {"\x90\x04\x00\x00\x00\x01"s, 0x82, "SUBACK of packet id 0"},
      {"\x90\x04\x00\x01\x05\x01"s, 0x81, "SUBACK's properties past the end"},
      {"\xb0\x02\x00\x01"s, 0x81, "UNSUBACK in the words of MQTT 3.1.1"},
      {"\xe0\x07\x00\x05\x11\x00\x00\x00\x00"s, 0x82, "a broker that sets the session's expiry"},
      {"\xe0\x03\x8e\x00\x00"s, 0x81, "DISCONNECT with a tail"},
  };
  for (const auto& row : table)
    BOOST_TEST(fault_of(row.bytes) == row.reason, row.what);
}

BOOST_AUTO_TEST_CASE(take_a_message_whatever_its_texts_are) {
  const std::pair<std::string, std::string> table[] = {
      {"\x30\x03\x00\x00\x00"s, ""},
      {"\x30\x04\x00\x01\xff\x00"s, "\xff"},
      {"\x30\x06\x00\x03\xed\xa0\x80\x00"s, "\xed\xa0\x80"},  // a surrogate
      {"\x30\x04\x00\x01\x00\x00"s, "\0"s},
      {"\x30\x04\x00\x01#\x00"s, "#"},
      {"\x30\x08\x00\x01t\x04\x03\x00\x01\xff"s, "t"},              // content type
      {"\x30\x08\x00\x01t\x04\x08\x00\x01\x00"s, "t"},              // response topic
      {"\x30\x0b\x00\x01t\x07\x26\x00\x01\xff\x00\x01\xc3"s, "t"},  // user property
  };
  for (const auto& [bytes, topic] : table) {
    const auto m = wire::read_publish(whole(bytes));
    BOOST_REQUIRE(m.has_value());
    BOOST_TEST(m->topic == topic);
  }
  // But what is not framed is no message.
  BOOST_TEST(fault_of("\x30\x08\x00\x01t\x04\x03\x00\x02\xff"s) == 0x81);
}

BOOST_AUTO_TEST_CASE(tell_what_is_incomplete_from_what_is_malformed) {
  for (const auto& bytes :
       {""s, "\x40"s, "\x40\xff\xff"s, "\x30\xff\xff\xff\x7f"s, "\x40\x02\x00"s}) {
    const auto front = wire::first_packet(bytes);
    BOOST_TEST((!front.whole && !front.trouble));
  }
  BOOST_TEST(wire::first_packet("\x30\xff\xff\xff\x7f").needs == wire::longest_rest + 5);
}

RC_BOOST_PROP(never_read_past_what_is_there, (std::string bytes)) {
  // A copy of exactly this size: the address sanitizer watches its end.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const auto front = wire::first_packet({exact.data(), exact.size()});
  RC_ASSERT(!(front.whole && front.trouble));
  if (!front.whole) return;
  RC_ASSERT(front.whole->bytes <= exact.size());
  (void)fault_of({exact.data(), front.whole->bytes});
}

RC_BOOST_PROP(read_any_content_of_any_packet_within_its_bounds, (std::string rest)) {
  rest.resize(std::min<std::size_t>(rest.size(), 120));
  for (const unsigned char first : {0x20, 0x30, 0x32, 0x34, 0x3a, 0x40, 0x50, 0x90, 0xb0, 0xe0}) {
    std::vector<char> exact{static_cast<char>(first), static_cast<char>(rest.size())};
    exact.insert(exact.end(), rest.begin(), rest.end());
    (void)fault_of({exact.data(), exact.size()});
  }
}

// -- names ---

BOOST_AUTO_TEST_CASE(know_topics_from_filters) {
  for (const auto* topic : {"a", "/", "a//b", "\xc3\xa4/b", "$SYS/x", " "}) {
    BOOST_TEST(wire::is_topic_name(topic), topic);
    BOOST_TEST(wire::is_topic_filter(topic), topic);
  }
  for (const auto& none : {""s, "a\0b"s, "\xff"s, std::string(65536, 'x')}) {
    BOOST_TEST(!wire::is_topic_name(none));
    BOOST_TEST(!wire::is_topic_filter(none));
  }
  BOOST_TEST(wire::is_topic_name(std::string(65535, 'x')));
  for (const auto* filter : {"#", "+", "a/#", "a/+/b", "+/+", "$share/g/#", "$share/g/a/+"}) {
    BOOST_TEST(!wire::is_topic_name(filter), filter);
    BOOST_TEST(wire::is_topic_filter(filter), filter);
  }
  for (const auto* none : {"a#", "#/a", "a+", "+a", "a/b+/c", "$share/", "$share/g", "$share//a",
                           "$share/g/", "$share/+/a", "$share/g#/a"})
    BOOST_TEST(!wire::is_topic_filter(none), none);
}

BOOST_AUTO_TEST_SUITE_END()
