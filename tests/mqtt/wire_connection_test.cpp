// Lanes and publishers against a server that plays what no broker would, or not on demand: what
// goes over the wire, byte by byte.

#include "mqtt/wire_connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/mqtt/wire_script.hpp"

using namespace td;
using namespace td::test;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(on_the_wire)

BOOST_AUTO_TEST_CASE(a_burst_is_acknowledged_in_one_piece_and_not_before_it_is_told_so) {
  scripted_server b({connack, suback + messages_of(3000)});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch read;
  read_until(*lane, read, 3000);
  BOOST_REQUIRE_EQUAL(read.size(), 3000u);
  BOOST_TEST((b.await_heard(greeting().size() + 1, 200ms) == greeting()));
  const auto before = b.segments();
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  const auto all = greeting() + pubacks(3000);
  BOOST_TEST((b.await_heard(all.size(), 5s) == all));
  BOOST_TEST(b.segments() - before == 1u);
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");  // of nothing
  lane->drop();
  BOOST_TEST((b.heard() == all));
}

BOOST_AUTO_TEST_CASE(what_waits_in_our_memory_is_not_acknowledged_with_the_batch_before_it) {
  scripted_server b({connack, suback + messages_of(250)});
  const auto lane = lane_at(b, 100);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  for (const std::size_t expected : {100u, 100u, 50u}) {
    batch read;
    read_until(*lane, read, expected);
    BOOST_REQUIRE_EQUAL(read.size(), expected);
    const auto first = numbers(read).front();
    BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
    const auto all = greeting() + pubacks(first + expected);
    BOOST_TEST((b.await_heard(all.size(), 5s) == all));
  }
}

BOOST_AUTO_TEST_CASE(messages_of_qos_0_are_read_and_not_acknowledged) {
  scripted_server b({connack, suback + "\x30\x05\x00\x01t\x00"s + "0" + message_of(1, 7)});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch read;
  read_until(*lane, read, 2);
  BOOST_REQUIRE_EQUAL(read.size(), 2u);
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  std::string all = greeting();
  wire::append_puback(all, 7);
  BOOST_TEST((b.await_heard(all.size(), 5s) == all));
}

BOOST_AUTO_TEST_CASE(who_breaks_the_standard_is_told_so_and_gets_no_acknowledgement) {
  struct {
    std::string bytes;
    unsigned char reason;
    const char* words;
  } const table[] = {
      {"\x32\x06\x00\x01t\x00\x00\x00"s, 0x82, "the broker sent a PUBLISH with packet id 0"},
      {"\x34\x06\x00\x01t\x00\x07\x00"s, 0x82, "the broker sent a message of QoS 2"},
      {"\x30\x06\x00\x01t\x02\x24\x01"s, 0x82, "a property that does not belong to its packet"},
      {"\x30\x07\x00\x01t\x03\x23\x00\x01"s, 0x94, "a topic alias, though none may be used"},
      {"\x40\xff\xff\xff\xff\x01"s, 0x81, "a length over four bytes"},
      {"\xd0\x81\x80\x40"s, 0x95, "a control packet of over a MiB (packet too large (0x95))"},
      {"\x40\x02\x00\x09"s, 0x82, "an acknowledgement of what was never sent"},
      {"\x90\x04\x00\x01\x00\x01"s, 0x82, "an acknowledgement of what was never sent"},
      {"\x20\x03\x00\x00\x00"s, 0x82, "a second CONNACK"},
      {"\xf0\x02\x18\x00"s, 0x82, "a packet that answers nothing of ours"},
      {"\xd0\x01x"s, 0x81, "a PINGRESP with content"},
  };
  for (const auto& row : table) {
    BOOST_TEST_CONTEXT(row.words) {
      // The message before it is sound, and still worthless.
      scripted_server b({connack, suback + message_of(1, 1) + row.bytes});
      const auto lane = lane_at(b);
      BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
      batch read;
      auto lost = lane->read(read, 5s);
      if (lost) lost = lane->read(read, 5s);
      BOOST_REQUIRE(!lost);
      BOOST_TEST((lost.error().code == errc::broker_away));
      BOOST_TEST(lost.error().detail.find(row.words) != std::string::npos, lost.error().detail);
      BOOST_TEST(!lane->connected());
      const auto all = greeting() + "\xe0\x01"s + static_cast<char>(row.reason);
      BOOST_TEST((b.await_heard(all.size(), 5s) == all));
    }
  }
}

BOOST_AUTO_TEST_CASE(who_does_not_speak_mqtt_is_left_at_once) {
  for (const auto& answer : {"HTTP/1.1 400 Bad Request\r\n\r\n"s, "\x15\x03\x03\x00\x02\x02\x46"s,
                             "\x40\x02\x00\x01"s, "\x20\x03\x02\x00\x00"s}) {
    scripted_server b({answer});
    const auto start = steady::now();
    const auto connected = lane_at(b)->connect();
    BOOST_REQUIRE(!connected);
    BOOST_TEST((connected.error().code == errc::broker_away), to_string(connected.error()));
    BOOST_TEST(connected.error().detail.find("the broker sent") != std::string::npos,
               connected.error().detail);
    BOOST_TEST((steady::now() - start < 3s));
  }
}

BOOST_AUTO_TEST_CASE(the_brokers_own_words_are_passed_on_in_one_line) {
  scripted_server b({connack, suback + "\xe0\x0a\x8b\x08\x1f\x00\x05"s + "a\nb\x1b" + "c"});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch read;
  const auto lost = lane->read(read, 5s);
  BOOST_REQUIRE(!lost);
  BOOST_TEST(
      lost.error().detail.find(
          "disconnected client 'lane-0': server shutting down (0x8b), 'a\\u000ab\\u001bc'") !=
          std::string::npos,
      lost.error().detail);
}

BOOST_AUTO_TEST_CASE(a_shorter_keepalive_of_the_broker_is_kept) {
  scripted_server b({"\x20\x06\x00\x00\x03\x13\x00\x01"s, suback, "\xd0\x00"s, "\xd0\x00"s});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  const auto all = greeting() + "\xc0\x00\xc0\x00"s;
  const auto start = steady::now();
  batch read;
  while (b.heard().size() < all.size() && steady::now() - start < 10s)
    BOOST_REQUIRE_EQUAL(text_of(lane->read(read, 50ms)), "success");
  BOOST_TEST((b.heard() == all));
  BOOST_TEST((steady::now() - start < 5s));  // of 60 s there is no trace
}

BOOST_AUTO_TEST_CASE(a_subscription_with_another_qos_than_1_does_not_count) {
  for (const char code : {'\x00', '\x02'}) {
    scripted_server b({connack, "\x90\x04\x00\x01\x00"s + code});
    const auto lane = lane_at(b);
    const auto connected = lane->connect();
    BOOST_REQUIRE(!connected);
    BOOST_TEST((connected.error().code == errc::broker_refused), to_string(connected.error()));
    BOOST_TEST(connected.error().detail.find(code == 0 ? "QoS 0 was granted" : "QoS 2 was") !=
                   std::string::npos,
               connected.error().detail);
    BOOST_TEST(!lane->connected());
  }
}

BOOST_AUTO_TEST_CASE(no_text_in_a_message_holds_up_the_others) {
  const auto all = message_of(1, 1) +
                   "\x32\x0f\x00\x01t\x00\x02\x07\x26\x00\x01\xff\x00\x01v2;"s +  // a user property
                   "\x32\x08\x00\x01\xff\x00\x03\x00"s + "3;" +                   // a topic
                   "\x32\x08\x00\x01#\x00\x04\x00"s + "4;" + message_of(5, 5);
  scripted_server b({connack, suback + all});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch read;
  read_until(*lane, read, 5);
  BOOST_TEST(numbers(read) == (std::vector<std::uint64_t>{1, 2, 3, 4, 5}),
             boost::test_tools::per_element());
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  const auto heard = greeting() + pubacks(5);
  BOOST_TEST((b.await_heard(heard.size(), 5s) == heard));
}

BOOST_AUTO_TEST_CASE(a_session_that_was_lost_is_told_though_the_first_attempt_failed) {
  scripted_server b(
      {connack, "", "\x20\x03\x01\x00\x00"s, suback, "\x20\x03\x01\x00\x00"s, suback});
  auto o = lane_to({});
  o.broker.port = b.port();
  o.broker.connect_timeout = 500ms;
  const auto lane = make_lane_session(o);
  const auto first = lane->connect();
  BOOST_REQUIRE(!first);
  BOOST_TEST(first.error().detail.find("no SUBACK") != std::string::npos, first.error().detail);
  for (const bool expected : {false, true}) {
    const auto present = lane->connect();
    BOOST_REQUIRE_EQUAL(text_of(present), "success");
    BOOST_TEST(*present == expected);
    lane->drop();
  }
}

BOOST_AUTO_TEST_CASE(a_connack_that_never_ends_does_not_stretch_the_connect_time_out) {
  scripted_server b({"\x20\x7f"s});
  auto o = lane_to({});
  o.broker.port = b.port();
  o.broker.connect_timeout = 300ms;
  const auto start = steady::now();
  const auto connected = make_lane_session(o)->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST(connected.error().detail.find("no CONNACK") != std::string::npos);
  BOOST_TEST((steady::now() - start < 2s));
}

BOOST_AUTO_TEST_CASE(credentials_are_sent_as_they_are_and_nothing_else) {
  scripted_server b({connack, suback});
  auto o = lane_to({});
  o.broker.port = b.port();
  o.broker.username = "us\xc3\xa4r";
  o.broker.password = "p\0\xff"s;  // a password is bytes
  const auto lane = make_lane_session(o);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  std::string all;
  wire::append_connect(all, {.client_id = "lane-0",
                             .username = o.broker.username,
                             .password = o.broker.password,
                             .clean_start = false,
                             .session_expiry = 0xFFFFFFFF,
                             .receive_maximum = 8000});
  BOOST_TEST((b.heard().substr(0, all.size()) == all));
  o.broker.username = "\xff";
  BOOST_TEST(!make_lane_session(o)->connect());
}

BOOST_AUTO_TEST_CASE(a_publisher_acknowledges_what_it_never_asked_for_and_lives) {
  scripted_server b({connack + message_of(5, 9), "\x40\x02\x00\x01"s});
  std::vector<std::uint64_t> tokens;
  broker_options to;
  to.port = b.port();
  const auto p = make_publisher(
      {.broker = to, .client_id = "p", .acknowledged = [&](auto t, auto) { tokens.push_back(t); }});
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  BOOST_REQUIRE(*p->publish("t", "x", 42));
  for (const auto until = steady::now() + 5s; tokens.empty() && steady::now() < until;)
    BOOST_REQUIRE_EQUAL(text_of(p->poll(100ms)), "success");
  BOOST_TEST(tokens == std::vector<std::uint64_t>{42}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_body_is_longer_than_a_header_can_say) {
  // Never read, and never there: pages of nothing.
  constexpr std::size_t size = wire::longest_rest + 1;
  void* nothing =
      ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  BOOST_REQUIRE(nothing != MAP_FAILED);
  for (const auto& greeting_of_broker : {connack, "\x20\x08\x00\x00\x05\x27\xff\xff\xff\xff"s}) {
    scripted_server b({greeting_of_broker, "\x40\x02\x00\x01"s});
    broker_options to;
    to.port = b.port();
    const auto p = make_publisher({.broker = to, .client_id = "p"});
    BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
    const auto taken = p->publish("t", {static_cast<const char*>(nothing), size}, 1);
    BOOST_REQUIRE(!taken);
    BOOST_TEST((taken.error().code == errc::body_too_large), to_string(taken.error()));
    BOOST_REQUIRE(*p->publish("t", "x", 2));
    BOOST_TEST(text_of(p->poll(5s)) == "success");
    BOOST_TEST(p->in_flight() == 0u);
  }
  ::munmap(nothing, size);
}

BOOST_AUTO_TEST_CASE(each_address_of_a_host_has_its_share_of_the_time) {
  const scripted_server b({connack, connack});
  // The same port of another address: one time nobody listens there, the other nobody answers.
  for (const bool silent : {false, true}) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(b.port());
    ::inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
    if (silent) {
      BOOST_REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
      BOOST_REQUIRE(::listen(listener, 4) == 0);
    }
    struct : wire_connection::receiver {
      bool on_message(const wire::publish&, timestamp) override { return true; }
    } nobody;
    broker_options to;
    to.host = "two.example.org";
    to.port = b.port();
    to.connect_timeout = 1s;
    std::string asked;
    wire_connection connection{
        to,
        {.client_id = "c",
         .addresses_of =
             [&](const std::string& host, steady::time_point) {
               asked = host;
               return result<std::vector<std::string>>{{"127.0.0.2", "127.0.0.1"}};
             }},
        nobody};
    const auto start = steady::now();
    BOOST_TEST(text_of(connection.open()) == "success");
    BOOST_TEST(asked == to.host);
    BOOST_TEST((steady::now() - start < 900ms));
    if (silent) BOOST_TEST((steady::now() - start > 400ms));
    ::close(listener);
  }
}

BOOST_AUTO_TEST_CASE(a_broker_that_acknowledges_what_was_never_published_is_left) {
  scripted_server b({connack, "\x40\x02\x00\x02"s});
  broker_options to;
  to.port = b.port();
  const auto p = make_publisher({.broker = to, .client_id = "p"});
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  BOOST_REQUIRE(*p->publish("t", "x", 42));
  const auto until = steady::now() + 5s;
  auto polled = p->poll(100ms);
  while (polled && steady::now() < until)
    polled = p->poll(100ms);
  BOOST_REQUIRE(!polled);
  BOOST_TEST(polled.error().detail.find("what was never sent") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
