#include "mqtt/lane_session.hpp"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "mqtt/wire_packets.hpp"
#include "mqtt/wire_stream.hpp"
#include "tests/mqtt/lane_fixture.hpp"

using namespace td;
using namespace td::test;

namespace {

/// Some 2000 messages of QoS 0 a second.
void publish_unacknowledged(std::uint16_t port, const std::atomic<bool>& stop) {
  wire_stream stream;
  if (!stream.open({.address = "127.0.0.1", .port = port, .silence = 60s}, steady::now() + 5s, {}))
    return;
  const auto send = [&stream](std::string_view bytes) {
    while (!bytes.empty()) {
      const auto put = stream.write(bytes.data(), bytes.size());
      if (!put) return;
      bytes.remove_prefix(*put);
    }
  };
  std::string bytes;
  wire::append_connect(bytes, {.client_id = "qos-0", .keep_alive = 0});
  send(bytes);
  const std::string_view to{topic};
  const std::string message = std::string{"\x30"} + static_cast<char>(to.size() + 5) + '\0' +
                              static_cast<char>(to.size()) + std::string{to} + '\0' + "1;";
  bytes.clear();
  for (int i = 0; i < 10; ++i)
    bytes += message;
  while (!stop) {
    send(bytes);
    std::this_thread::sleep_for(5ms);  // the pace
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lane_session_acknowledges)

BOOST_AUTO_TEST_CASE(nothing_before_it_is_told_so) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  publish(b.options(), 0, 1000, 350);
  for (int round = 0; round < 3; ++round) {
    batch read;
    read_until(*lane, read, 1000);
    BOOST_TEST_CONTEXT("round " << round) {
      BOOST_TEST(read.size() == 1000u);
      BOOST_TEST(numbers(read).front() == 0u);
      BOOST_TEST(numbers(read).back() == 999u);
      BOOST_TEST(redelivered(read) == (round == 0 ? 0u : 1000u));
    }
    lane->drop();
    BOOST_TEST(!lane->connected());
    const auto again = lane->connect();
    BOOST_REQUIRE_EQUAL(text_of(again), "success");
    BOOST_TEST(*again);
  }
}

BOOST_AUTO_TEST_CASE(exactly_the_committed_batch) {
  broker b;
  auto options = lane_to(b.options());
  options.limits.events = 300;
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 1000, 100);
  batch first;
  read_until(*lane, first, 300);
  BOOST_REQUIRE_EQUAL(first.size(), 300u);
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  // `leave` waits until the broker has heard it all; the reset of a drop may overtake PUBACKs,
  // which repeats messages and loses none.
  BOOST_REQUIRE_EQUAL(text_of(lane->leave()), "success");
  BOOST_REQUIRE(lane->connect());
  batch second;
  read_until(*lane, second, 300);
  BOOST_TEST(numbers(second).front() == 300u);
  lane->drop();
  BOOST_REQUIRE(lane->connect());
  committed_numbers rest;
  consume(*lane, rest, 700);
  BOOST_TEST(rest.missing(300, 700) == 0u);
  BOOST_TEST(rest.size() == 700u);
  BOOST_TEST(rest.repeated() == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_for_a_verdict_of_the_connection_before) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 100);
  batch old;
  read_until(*lane, old, 100);
  lane->drop();
  BOOST_TEST(!lane->acknowledge());  // no connection to say it on
  BOOST_REQUIRE(lane->connect());
  // The verdict that is late: either there is nothing to acknowledge yet, or it is refused.
  try {
    BOOST_TEST(lane->acknowledge().has_value());
  } catch (const std::logic_error&) {
  }
  lane->drop();
  BOOST_REQUIRE(lane->connect());
  batch again;
  read_until(*lane, again, 100);
  BOOST_TEST(again.size() == 100u);
}

BOOST_AUTO_TEST_CASE(and_refuses_to_speak_while_a_batch_is_out) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 10);
  batch read;
  read_until(*lane, read, 10);
  BOOST_CHECK_THROW(lane->unsubscribe().has_value(), std::logic_error);
  BOOST_CHECK_THROW(lane->drained().has_value(), std::logic_error);
  BOOST_CHECK_THROW(lane->end_session().has_value(), std::logic_error);
  batch other;
  BOOST_CHECK_THROW(lane->read(other, 0ms).has_value(), std::logic_error);
  BOOST_TEST(lane->leave().has_value());  // keeps what is out
  BOOST_REQUIRE(lane->connect());
  batch again;
  read_until(*lane, again, 10);
  BOOST_TEST(again.size() == 10u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lane_session_reads)

BOOST_AUTO_TEST_CASE(no_more_events_than_the_bound) {
  broker b;
  auto options = lane_to(b.options());
  options.limits.events = 64;
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 200);
  for (const std::size_t expected : {64u, 64u, 64u, 8u}) {
    batch read;
    read_until(*lane, read, expected);
    BOOST_TEST(read.size() == expected);
    BOOST_REQUIRE(lane->acknowledge());
  }
}

BOOST_AUTO_TEST_CASE(until_the_bound_in_bytes_is_met) {
  broker b;
  auto options = lane_to(b.options());
  options.limits.bytes = 100'000;
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 300, 1000);
  for (std::size_t total = 0; total < 300;) {
    batch read;
    read_until(*lane, read, 1);
    BOOST_REQUIRE(!read.empty());
    BOOST_TEST(read.bytes() < 100'000u + 1100u);
    total += read.size();
    BOOST_REQUIRE(lane->acknowledge());
  }
}

BOOST_AUTO_TEST_CASE(a_message_over_the_bound_alone) {
  broker b;
  auto options = lane_to(b.options());
  options.limits.bytes = 100'000;
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 7, 1, 3'000'000);
  publish(b.options(), 8, 1, 10);
  batch big;
  read_until(*lane, big, 1);
  BOOST_TEST(big.size() == 1u);
  BOOST_TEST(big.body(big.messages()[0]) == body_of(7, 3'000'000));
  BOOST_REQUIRE(lane->acknowledge());
  batch small;
  read_until(*lane, small, 1);
  BOOST_TEST(numbers(small) == std::vector<std::uint64_t>{8}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(with_a_window_larger_than_the_default_of_20) {
  broker b;
  auto options = lane_to(b.options());
  options.receive_maximum = 5000;
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 6000);
  batch read;
  auto limits = options.limits;
  read_until(*lane, read, limits.events, 500ms);
  BOOST_TEST(read.size() == limits.events);  // 4000 unacknowledged at once
}

BOOST_AUTO_TEST_CASE(topic_body_and_flags_as_they_were_published) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  const auto before = now();
  publish(b.options(), 1, 1, 0, "producer", false);
  publish(b.options(), 2, 1, 0, "producer", true);
  batch read;
  read_until(*lane, read, 2);
  BOOST_REQUIRE_EQUAL(read.size(), 2u);
  const auto m = read.messages();
  BOOST_TEST(read.topic(m[0]) == topic);
  BOOST_TEST(read.body(m[0]) == body_of(1));
  BOOST_TEST(!m[0].retained);
  BOOST_TEST(m[1].retained);
  BOOST_TEST(!m[0].redelivered);
  BOOST_TEST((m[0].received_at >= before && m[0].received_at <= now()));
}

BOOST_AUTO_TEST_CASE(nothing_that_was_retained_before_it_subscribed) {
  broker b;
  publish(b.options(), 1, 1, 0, "producer", true);
  auto options = lane_to(b.options());
  options.subscription = "tracker/events/#";  // shared subscriptions never get retained messages
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 2, 1);
  batch read;
  read_until(*lane, read, 1);
  BOOST_TEST(numbers(read) == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(in_the_brokers_order_with_a_plain_subscription) {
  broker b;
  auto options = lane_to(b.options());
  options.subscription = "tracker/events/#";
  options.limits.events = 100;
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 1000);
  for (std::uint64_t next = 0; next < 1000;) {
    batch read;
    read_until(*lane, read, 1);
    BOOST_REQUIRE(!read.empty());
    for (const auto n : numbers(read))
      BOOST_REQUIRE_EQUAL(n, next++);
    BOOST_REQUIRE(lane->acknowledge());
  }
}

BOOST_AUTO_TEST_CASE(returns_at_once_when_woken_from_another_thread) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  const auto waker = lane->get_waker();
  std::thread other([waker] { waker->wake(); });
  const auto start = steady::now();
  batch read;
  const auto added = lane->read(read, 30s);
  other.join();
  BOOST_REQUIRE_EQUAL(text_of(added), "success");
  BOOST_TEST(*added == 0u);
  BOOST_TEST((steady::now() - start < 5s));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(lane_session_keeps_its_session)

BOOST_AUTO_TEST_CASE(alive_while_idle_for_three_times_the_keepalive_and_a_publisher_too) {
  broker b;
  auto options = lane_to(b.options());
  options.broker.keepalive = 5s;  // the least; the broker cuts after 7.5 s
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  const auto until = steady::now() + 15s;
  std::string published = "not polled";
  const auto idle_publisher = make_publisher({.broker = options.broker, .client_id = "idle"});
  BOOST_REQUIRE(idle_publisher->connect());
  std::thread beside([&] { published = text_of(idle_publisher->poll(15s)); });
  batch read;
  std::string reading = "success";
  while (reading == "success" && steady::now() < until)
    reading = text_of(lane->read(read, 15s));
  beside.join();
  BOOST_TEST(reading == "success");
  BOOST_TEST(published == "success");
  BOOST_TEST(b.process().lines_with("exceeded timeout") == 0u);
  BOOST_REQUIRE(idle_publisher->publish(topic, body_of(1), 1));
  BOOST_REQUIRE_EQUAL(text_of(idle_publisher->poll(5s)), "success");
  read_until(*lane, read, 1);
  BOOST_TEST(read.size() == 1u);
}

BOOST_AUTO_TEST_CASE(alive_under_messages_of_qos_0_that_never_pause) {
  broker b;
  auto options = lane_to(b.options());
  options.broker.keepalive = 5s;  // the broker cuts after 7.5 s, and looks every 5 s
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE(lane->connect());
  std::atomic<bool> stop{false};
  std::thread producer([&] { publish_unacknowledged(b.port(), stop); });
  batch read;
  std::string state = "success";
  for (const auto until = steady::now() + 13s; state == "success" && steady::now() < until;) {
    read.clear();
    state = text_of(lane->read(read, 1s));
    std::this_thread::sleep_for(20ms);  // the database; more has come when it is over
    if (state == "success") state = text_of(lane->acknowledge());
  }
  stop = true;
  producer.join();
  BOOST_TEST(state == "success");
  BOOST_TEST(!read.empty());
  BOOST_TEST(b.process().lines_with("exceeded timeout") == 0u);
}

BOOST_AUTO_TEST_CASE(over_a_drop_and_gets_what_was_published_meanwhile) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  const auto first = lane->connect();
  BOOST_REQUIRE(first);
  BOOST_TEST(!*first);
  lane->drop();
  publish(b.options(), 0, 500);
  const auto second = lane->connect();
  BOOST_REQUIRE(second);
  BOOST_TEST(*second);
  committed_numbers all;
  consume(*lane, all, 500);
  BOOST_TEST(all.missing(0, 500) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_CASE(when_it_leaves_politely_with_everything_acknowledged) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 100);
  committed_numbers all;
  consume(*lane, all, 100);
  BOOST_TEST(text_of(lane->leave()) == "success");
  BOOST_TEST(!lane->connected());
  publish(b.options(), 100, 100);
  const auto again = lane->connect();
  BOOST_REQUIRE(again);
  BOOST_TEST(*again);
  consume(*lane, all, 200);
  BOOST_TEST(all.missing(0, 200) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_CASE(until_another_takes_it_over_with_what_was_unacknowledged) {
  broker b;
  const auto one = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(one->connect());
  publish(b.options(), 0, 50);
  batch read;
  read_until(*one, read, 50);
  const auto two = make_lane_session(lane_to(b.options()));
  const auto taken = two->connect();
  BOOST_REQUIRE(taken);
  BOOST_TEST(*taken);
  const auto lost = one->read(read, 5s);
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error().code == errc::broker_away));
  BOOST_TEST(!one->connected());
  batch inherited;
  read_until(*two, inherited, 50);
  BOOST_TEST(inherited.size() == 50u);
}

BOOST_AUTO_TEST_SUITE_END()
