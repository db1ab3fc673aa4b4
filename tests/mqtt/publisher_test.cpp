#include "mqtt/publisher.hpp"

#include <csignal>

#include <boost/test/unit_test.hpp>

#include "tests/mqtt/lane_fixture.hpp"
#include "tests/support/tcp_proxy.hpp"

using namespace td;
using namespace td::test;

namespace {

struct recorded {
  std::vector<std::uint64_t> tokens;
  std::vector<std::uint8_t> reasons;

  publisher_options options(broker_options to, std::size_t window = 1000) {
    return {.broker = std::move(to),
            .client_id = "producer",
            .window = window,
            .acknowledged = [this](std::uint64_t token, std::uint8_t reason) {
              tokens.push_back(token);
              reasons.push_back(reason);
            }};
  }

  void settle(publisher& p) {
    const auto until = steady::now() + 10s;
    while (p.in_flight() > 0 && steady::now() < until) {
      BOOST_REQUIRE_EQUAL(text_of(p.poll(100ms)), "success");
    }
    BOOST_REQUIRE_EQUAL(p.in_flight(), 0u);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_publisher, recorded)

BOOST_AUTO_TEST_CASE(is_told_of_each_message_by_its_token) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  std::vector<std::uint64_t> sent;
  for (std::uint64_t i = 0; i < 500; ++i) {
    sent.push_back(1'000'000'007 * i);
    BOOST_REQUIRE_EQUAL(*p->publish(topic, body_of(i), sent.back()), true);
  }
  settle(*p);
  BOOST_TEST(tokens == sent, boost::test_tools::per_element());
  for (const auto reason : reasons)
    BOOST_TEST(int(reason) == 0);
  batch read;
  read_until(*lane, read, 500);
  BOOST_TEST(read.size() == 500u);
}

BOOST_AUTO_TEST_CASE(is_told_when_nobody_subscribes) {
  broker b;
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE(p->connect());
  BOOST_REQUIRE(p->publish(topic, "x", 7));
  settle(*p);
  BOOST_REQUIRE_EQUAL(reasons.size(), 1u);
  BOOST_TEST(int(reasons[0]) == 16);
}

BOOST_AUTO_TEST_CASE(is_told_when_the_acl_refuses) {
  broker b({.users = {{"producer", "secret"}},
            .acl = "user producer\ntopic write tracker/events/tasks/#\n"});
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  BOOST_REQUIRE(p->publish("tracker/events/auth/login", "x", 1));
  BOOST_REQUIRE(p->publish("tracker/events/tasks/updated", "x", 2));
  settle(*p);
  BOOST_REQUIRE_EQUAL(tokens.size(), 2u);
  BOOST_TEST(tokens[0] == 1u);
  BOOST_TEST(int(reasons[0]) == 0x87);
  BOOST_TEST(int(reasons[1]) < 128);
}

BOOST_AUTO_TEST_CASE(stops_at_its_window) {
  broker b;
  const auto p = make_publisher(options(b.options(), 3));
  BOOST_REQUIRE(p->connect());
  for (std::uint64_t i = 0; i < 3; ++i)
    BOOST_TEST(*p->publish(topic, "x", i));
  BOOST_TEST(!*p->publish(topic, "x", 3));
  BOOST_TEST(p->in_flight() == 3u);
  settle(*p);
  BOOST_TEST(*p->publish(topic, "x", 3));
}

BOOST_AUTO_TEST_CASE(keeps_to_the_brokers_window) {
  broker b({.further = {"max_inflight_messages 5"}});
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE(p->connect());
  std::uint64_t taken = 0;
  while (*p->publish(topic, "x", taken))
    ++taken;
  BOOST_TEST(taken == 5u);
  settle(*p);
  BOOST_TEST(tokens.size() == 5u);
}

BOOST_AUTO_TEST_CASE(may_publish_and_close_from_its_callback) {
  broker b;
  std::unique_ptr<publisher> p;
  std::uint64_t acknowledged = 0;
  auto o = options(b.options());
  o.acknowledged = [&](std::uint64_t token, std::uint8_t) {
    ++acknowledged;
    if (token < 10) {
      BOOST_TEST(p->publish(topic, "x", token + 1).has_value());
    } else {
      p->close();
    }
  };
  p = make_publisher(o);
  BOOST_REQUIRE(p->connect());
  BOOST_REQUIRE(p->publish(topic, "x", 0));
  const auto until = steady::now() + 10s;
  while (p->connected() && steady::now() < until)
    (void)p->poll(100ms);
  BOOST_TEST(acknowledged == 11u);
}

BOOST_AUTO_TEST_CASE(forgets_what_was_in_flight_when_it_connects_again) {
  broker b;
  tcp_proxy proxy(b.port());
  auto to = b.options();
  to.port = proxy.port();
  const auto p = make_publisher(options(to));
  BOOST_REQUIRE(p->connect());
  proxy.set(tcp_proxy::mode::stall);
  for (std::uint64_t i = 0; i < 10; ++i)
    BOOST_REQUIRE(p->publish(topic, "x", i));
  BOOST_REQUIRE(p->poll(0ms));
  proxy.reset();
  proxy.set(tcp_proxy::mode::pass);
  auto polled = p->poll(5s);
  while (polled && p->connected())
    polled = p->poll(5s);
  BOOST_TEST((polled.error().code == errc::broker_away), text_of(polled));
  BOOST_TEST(!p->publish(topic, "x", 99));
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  BOOST_TEST(p->in_flight() == 0u);
  BOOST_REQUIRE(p->publish(topic, "x", 100));
  settle(*p);
  BOOST_TEST(tokens == std::vector<std::uint64_t>{100}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_topics_that_are_none_and_goes_on) {
  broker b;
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE(p->connect());
  for (const char* bad : {"", "a/#", "a/+/b"}) {
    const auto r = p->publish(bad, "x", 1);
    BOOST_REQUIRE(!r);
    BOOST_TEST((r.error().code == errc::topic_not_allowed));
  }
  BOOST_REQUIRE(p->publish(topic, "x", 2));
  settle(*p);
  BOOST_TEST(tokens == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_a_body_that_the_broker_would_not_take_and_goes_on) {
  broker b({.further = {"max_packet_size 2000"}});
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE(p->connect());
  const auto r = p->publish(topic, std::string(3000, 'x'), 1);
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::body_too_large));
  BOOST_REQUIRE(p->publish(topic, "x", 2));
  settle(*p);
  BOOST_TEST(tokens == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(brings_a_body_that_is_larger_than_the_socket_takes_at_once) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE(p->connect());
  for (std::uint64_t i = 0; i < 5; ++i)
    BOOST_REQUIRE(*p->publish(topic, body_of(i, i == 2 ? 20'000'000 : 10), i));
  BOOST_TEST(!p->flushed());
  settle(*p);
  BOOST_TEST(p->flushed());
  batch read;
  read_until(*lane, read, 3, 10s);
  BOOST_REQUIRE_EQUAL(read.size(), 3u);  // the bound is 4 MiB: passed by the last message
  BOOST_TEST((read.body(read.messages()[2]) == body_of(2, 20'000'000)));
  BOOST_REQUIRE(lane->acknowledge());
  batch rest;
  read_until(*lane, rest, 2);
  BOOST_TEST(numbers(rest) == (std::vector<std::uint64_t>{3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(brings_such_a_body_over_tls_too) {
  const certificates ca;
  broker b({.tls = &ca});
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  const auto p = make_publisher(options(b.tls_options()));
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  for (std::uint64_t i = 0; i < 3; ++i)
    BOOST_REQUIRE(*p->publish(topic, body_of(i, i == 1 ? 20'000'000 : 10), i));
  BOOST_REQUIRE_EQUAL(text_of(p->poll(0ms)), "success");
  BOOST_WARN_MESSAGE(!p->flushed(), "the broker was as fast as TLS: no write was short");
  settle(*p);
  batch read;
  read_until(*lane, read, 2, 10s);
  BOOST_REQUIRE_EQUAL(read.size(), 2u);
  BOOST_TEST((read.body(read.messages()[1]) == body_of(1, 20'000'000)));
}

BOOST_AUTO_TEST_CASE(refuses_what_the_broker_takes_from_nobody_and_stays) {
  const auto port = free_port();
  broker b({.further = {"retain_available false", "listener " + std::to_string(port) + " 127.0.0.1",
                        "max_qos 0"}});
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  const auto retained = p->publish(topic, "x", 1, true);
  BOOST_REQUIRE(!retained);
  BOOST_TEST((retained.error().code == errc::broker_refused), to_string(retained.error()));
  BOOST_TEST(p->connected());
  BOOST_REQUIRE(*p->publish(topic, "x", 2));
  settle(*p);
  BOOST_TEST(tokens == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
  auto to = b.options();
  to.port = port;
  const auto limited = make_publisher(options(to));
  BOOST_REQUIRE_EQUAL(text_of(limited->connect()), "success");
  const auto taken = limited->publish(topic, "x", 3);
  BOOST_REQUIRE(!taken);
  BOOST_TEST((taken.error().code == errc::broker_refused), to_string(taken.error()));
  BOOST_TEST(limited->connected());
  BOOST_TEST(limited->in_flight() == 0u);
}

BOOST_AUTO_TEST_CASE(awaits_no_answer_to_a_question_that_is_still_on_its_way) {
  broker b;
  tcp_proxy proxy{b.port(), 2500};  // every 10 ms
  auto to = b.options();
  to.port = proxy.port();
  to.keepalive = 5s;
  const auto p = make_publisher(options(to));
  BOOST_REQUIRE(p->connect());
  proxy.set(tcp_proxy::mode::slow);
  BOOST_REQUIRE(*p->publish(topic, std::string(3'000'000, 'x'), 1));
  const auto start = steady::now();
  while (p->in_flight() > 0 && steady::now() - start < 40s)
    BOOST_REQUIRE_EQUAL(text_of(p->poll(500ms)), "success");
  BOOST_TEST(p->in_flight() == 0u);
  BOOST_TEST((steady::now() - start > 10s));  // two keepalives
}

BOOST_AUTO_TEST_CASE(deals_packet_ids_round_and_round) {
  broker b;
  const auto p = make_publisher(options(b.options(), 5000));
  BOOST_REQUIRE(p->connect());
  std::uint64_t sent = 0;
  while (sent < 150'000) {
    while (*p->publish(topic, "x", sent))
      ++sent;
    settle(*p);
  }
  BOOST_REQUIRE_EQUAL(tokens.size(), sent);
  for (std::uint64_t i = 0; i < sent; ++i)
    BOOST_REQUIRE_EQUAL(tokens[i], i);
}

BOOST_AUTO_TEST_CASE(never_sends_what_was_queued_for_an_earlier_connection) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE(p->connect());
  BOOST_REQUIRE(*p->publish(topic, body_of(1), 1));
  BOOST_REQUIRE(p->connect());
  BOOST_REQUIRE(*p->publish(topic, body_of(2), 2));
  settle(*p);
  batch read;
  read_until(*lane, read, 1);
  BOOST_TEST(numbers(read) == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(notices_a_broker_that_was_killed_and_connects_again) {
  broker b;
  const auto p = make_publisher(options(b.options()));
  BOOST_REQUIRE(p->connect());
  b.kill();
  auto polled = p->poll(5s);
  while (polled && p->connected())
    polled = p->poll(5s);
  BOOST_TEST((polled.error().code == errc::broker_away));
  BOOST_TEST(!p->connected());
  b.start();
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  BOOST_REQUIRE(p->publish(topic, "x", 7));
  settle(*p);
  BOOST_TEST(tokens == std::vector<std::uint64_t>{7}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(notices_a_broker_that_is_silent) {
  broker b;
  auto to = b.options();
  to.keepalive = 5s;
  const auto p = make_publisher(options(to));
  BOOST_REQUIRE(p->connect());
  b.process().signal(SIGSTOP);
  const auto start = steady::now();
  auto polled = p->poll(1s);
  while (polled && steady::now() - start < 20s)
    polled = p->poll(1s);
  b.process().signal(SIGCONT);
  BOOST_REQUIRE(!polled);
  BOOST_TEST(polled.error().detail.find("no PINGRESP within the keepalive") != std::string::npos,
             polled.error().detail);
  BOOST_TEST((steady::now() - start < 13s));
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
}

BOOST_AUTO_TEST_CASE(publishes_over_tls_with_a_client_certificate) {
  const certificates ca;
  broker b({.tls = &ca, .client_certificates = true});
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  const auto p = make_publisher(options(b.tls_options()));
  BOOST_REQUIRE_EQUAL(text_of(p->connect()), "success");
  for (std::uint64_t i = 0; i < 1000; ++i) {
    BOOST_REQUIRE_EQUAL(*p->publish(topic, body_of(i, 350), i), true);
  }
  settle(*p);
  BOOST_TEST(tokens.size() == 1000u);
  committed_numbers all;
  consume(*lane, all, 1000);
  BOOST_TEST(all.missing(0, 1000) == 0u);
}

BOOST_AUTO_TEST_CASE(says_why_it_may_not_connect) {
  broker b({.users = {{"producer", "secret"}}});
  auto to = b.options();
  to.password = "other";
  const auto r = make_publisher(options(to))->connect();
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::broker_refused), to_string(r.error()));
}

BOOST_AUTO_TEST_SUITE_END()
