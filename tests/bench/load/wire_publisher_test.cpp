#include "bench/load/wire_publisher.hpp"

#include <csignal>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/support/broker.hpp"

using namespace td;
using namespace td::bench;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

struct answer {
  std::uint64_t token;
  std::uint8_t reason;
};

struct connected {
  explicit connected(test::broker& broker, std::size_t window = 100)
      : one{make_wire_publisher({.broker = broker.options(),
                                 .client_id = "wire",
                                 .window = window,
                                 .acknowledged = [this](std::uint64_t t, std::uint8_t r) {
                                   answers.push_back({t, r});
                                 }})} {
    const auto r = one->connect();
    BOOST_REQUIRE_MESSAGE(r.has_value(), to_string(r.error()));
  }

  void poll_until(std::size_t count) {
    const auto deadline = clock_type::now() + 10s;
    while (answers.size() < count && clock_type::now() < deadline) {
      const auto r = one->poll(100ms);
      BOOST_REQUIRE_MESSAGE(r.has_value(), to_string(r.error()));
    }
    BOOST_REQUIRE(answers.size() == count);
  }

  /// Polls until it fails.
  failure poll_to_the_end() {
    const auto deadline = clock_type::now() + 10s;
    while (clock_type::now() < deadline) {
      if (auto r = one->poll(100ms); !r) return r.error();
    }
    return {};
  }

  std::vector<answer> answers;
  std::unique_ptr<publisher> one;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(wire_publishers)

BOOST_AUTO_TEST_CASE(bring_every_message_and_its_token_back) {
  test::broker broker;
  auto lane = make_lane_session({.broker = broker.options(),
                                 .client_id = "listener",
                                 .subscription = "t/#",
                                 .limits = {.events = 10'000, .bytes = 100u << 20}});
  BOOST_REQUIRE(lane->connect().has_value());
  connected p{broker};
  const std::string large(300'000, 'x');  // more than a socket takes at once
  std::size_t sent = 0;
  for (int i = 0; i < 50; ++i) {
    const auto taken = p.one->publish("t/a", i == 25 ? large : std::to_string(i), 1000 + sent);
    BOOST_REQUIRE(taken.has_value());
    BOOST_REQUIRE(*taken);
    ++sent;
  }
  BOOST_TEST(p.one->in_flight() == 50u);
  BOOST_TEST(!p.one->flushed());
  p.poll_until(sent);
  BOOST_TEST(p.one->flushed());
  BOOST_TEST(p.one->in_flight() == 0u);
  for (std::size_t i = 0; i < sent; ++i) {
    BOOST_TEST(p.answers[i].token == 1000 + i);
    BOOST_TEST(p.answers[i].reason == 0);
  }
  batch all;
  while (all.size() < sent) {
    const auto more = lane->read(all, 10s);
    BOOST_REQUIRE(more.has_value());
    BOOST_REQUIRE(*more > 0u);
  }
  for (std::size_t i = 0; i < sent; ++i)
    BOOST_TEST((all.body(all.messages()[i]) == (i == 25 ? large : std::to_string(i))));
}

BOOST_AUTO_TEST_CASE(take_no_more_than_the_window_and_go_on_when_it_is_free) {
  test::broker broker;
  connected p{broker, 3};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(*p.one->publish("t", "x", 0));
  BOOST_TEST(!*p.one->publish("t", "x", 0));
  p.poll_until(3);
  BOOST_TEST(*p.one->publish("t", "x", 0));
  p.poll_until(4);
}

BOOST_AUTO_TEST_CASE(deal_packet_ids_round_and_round) {
  test::broker broker;
  connected p{broker, 5000};
  std::uint64_t sent = 0;
  while (sent < 150'000) {
    while (*p.one->publish("t", "x", sent))
      ++sent;
    p.poll_until(p.answers.size() + p.one->in_flight());
  }
  for (std::uint64_t i = 0; i < sent; ++i)
    BOOST_REQUIRE(p.answers[i].token == i);
}

BOOST_AUTO_TEST_CASE(hear_that_nobody_subscribes_and_that_the_broker_refuses) {
  test::broker open;
  connected p{open};
  BOOST_TEST(*p.one->publish("t", "x", 5));
  p.poll_until(1);
  BOOST_TEST(p.answers.front().reason == 16);

  test::broker closed{{.users = {{"u", "secret"}}, .acl = "user u\ntopic read t\n"}};
  auto to = closed.options();
  to.username = "u";
  to.password = "secret";
  std::vector<std::uint8_t> reasons;
  auto q = make_wire_publisher(
      {.broker = to, .client_id = "q", .acknowledged = [&](std::uint64_t, std::uint8_t r) {
         reasons.push_back(r);
       }});
  BOOST_REQUIRE(q->connect().has_value());
  BOOST_TEST(*q->publish("t", "x", 5));
  for (int i = 0; i < 50 && reasons.empty(); ++i)
    BOOST_REQUIRE(q->poll(100ms).has_value());
  BOOST_REQUIRE(reasons.size() == 1u);
  BOOST_TEST(reasons.front() == 0x87);
}

BOOST_AUTO_TEST_CASE(say_why_they_are_not_let_in) {
  test::broker broker{{.users = {{"u", "secret"}}}};
  auto to = broker.options();
  to.username = "u";
  to.password = "wrong";
  const auto r = make_wire_publisher({.broker = to, .client_id = "w"})->connect();
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::broker_refused));
  BOOST_TEST(r.error().detail.find("as user 'u'") != std::string::npos);
  BOOST_TEST(r.error().detail.find("wrong") == std::string::npos);

  broker_options nowhere{.port = test::free_port(), .connect_timeout = 500ms};
  const auto away = make_wire_publisher({.broker = nowhere, .client_id = "w"})->connect();
  BOOST_REQUIRE(!away);
  BOOST_TEST((away.error().code == errc::broker_away));
  BOOST_TEST(away.error().detail.find("Connection refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuse_what_can_not_be_published_and_stay) {
  test::broker broker{{.further = {"max_packet_size 2000"}}};
  connected p{broker};
  for (const auto* topic : {"", "a/+", "#"}) {
    const auto r = p.one->publish(topic, "x", 0);
    BOOST_REQUIRE(!r);
    BOOST_TEST((r.error().code == errc::topic_not_allowed));
  }
  const auto r = p.one->publish("t", std::string(3000, 'x'), 0);
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::body_too_large));
  BOOST_TEST(*p.one->publish("t", "x", 0));
  p.poll_until(1);
}

BOOST_AUTO_TEST_CASE(notice_a_broker_that_goes_and_connect_again) {
  test::broker broker;
  connected p{broker};
  BOOST_TEST(*p.one->publish("t", "x", 0));
  broker.kill();
  const auto why = p.poll_to_the_end();
  BOOST_TEST((why.code == errc::broker_away));
  BOOST_TEST(!p.one->connected());
  BOOST_TEST((p.one->poll(0ms).error().code == errc::broker_away));
  BOOST_TEST((p.one->publish("t", "x", 0).error().code == errc::broker_away));
  broker.start();
  BOOST_REQUIRE(p.one->connect().has_value());
  BOOST_TEST(p.one->in_flight() == 0u);
  p.answers.clear();
  BOOST_TEST(*p.one->publish("t", "x", 7));
  p.poll_until(1);
  BOOST_TEST(p.answers.front().token == 7u);
}

BOOST_AUTO_TEST_CASE(keep_a_silent_connection_alive_and_notice_a_dead_one) {
  test::broker broker{{.further = {"max_keepalive 2"}}};  // the broker's word counts
  connected p{broker};
  const auto until = clock_type::now() + 5s;  // the broker cuts after 3 s of silence
  while (clock_type::now() < until)
    BOOST_REQUIRE(p.one->poll(200ms).has_value());
  BOOST_TEST(*p.one->publish("t", "x", 7));
  p.poll_until(1);
  broker.process().signal(SIGSTOP);
  const auto why = p.poll_to_the_end();
  broker.process().signal(SIGCONT);
  BOOST_TEST((why.code == errc::broker_away));
  BOOST_TEST(why.detail.find("keepalive") != std::string::npos, why.detail);
}

BOOST_AUTO_TEST_SUITE_END()
