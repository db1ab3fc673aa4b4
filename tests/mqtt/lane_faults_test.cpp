// What lies between a lane and its broker breaks; the lane says so in time, acknowledges nothing
// that was not committed, and recovers.

#include <thread>

#include <boost/test/unit_test.hpp>

#include "mqtt/lane_session.hpp"
#include "tests/mqtt/lane_fixture.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/tcp_proxy.hpp"

using namespace td;
using namespace td::test;

namespace {

struct behind_proxy {
  broker b;
  tcp_proxy proxy{b.port()};

  lane_options options() {
    auto o = lane_to(b.options());
    o.broker.port = proxy.port();
    o.broker.connect_timeout = 1s;
    o.broker.keepalive = 5s;
    return o;
  }
};

/// Connects again and again, as an INGEST actor does, until it works.
void reconnect(lane_session& lane, milliseconds within = 10s) {
  const auto until = steady::now() + within;
  auto connected = lane.connect();
  while (!connected && steady::now() < until) {
    BOOST_TEST((connected.error().code == errc::broker_away), to_string(connected.error()));
    std::this_thread::sleep_for(20ms);  // the pause between attempts, not a wait for an event
    connected = lane.connect();
  }
  BOOST_REQUIRE_EQUAL(text_of(connected), "success");
}

/// Reads until the loss shows; returns the failure and how long it took.
std::pair<failure, milliseconds> read_to_the_end(lane_session& lane, batch& scrap,
                                                 milliseconds within) {
  const auto start = steady::now();
  while (steady::now() - start < within) {
    const auto added = lane.read(scrap, 100ms);
    if (!added) {
      return {added.error(), std::chrono::duration_cast<milliseconds>(steady::now() - start)};
    }
  }
  return {failure{errc::internal, "the loss was not noticed"}, within};
}

void expect_all_again(lane_session& lane, std::size_t count) {
  batch again;
  read_until(lane, again, count);
  BOOST_TEST(again.size() == count);
  BOOST_TEST(redelivered(again) == count);
  BOOST_TEST(text_of(lane.acknowledge()) == "success");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_lane_behind_a_bad_network, behind_proxy)

BOOST_AUTO_TEST_CASE(notices_a_cut_connection_and_gets_everything_again) {
  const auto lane = make_lane_session(options());
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  publish(b.options(), 0, 300);
  batch read;
  read_until(*lane, read, 300);
  proxy.cut();
  const auto [why, took] = read_to_the_end(*lane, read, 5s);
  BOOST_TEST((why.code == errc::broker_away), to_string(why));
  BOOST_TEST((took < 1s));
  BOOST_TEST(!lane->acknowledge());
  reconnect(*lane);
  expect_all_again(*lane, 300);
}

BOOST_AUTO_TEST_CASE(notices_a_reset_while_it_acknowledges) {
  const auto lane = make_lane_session(options());
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 300);
  batch read;
  read_until(*lane, read, 300);
  proxy.reset();
  // The reset may still be on its way: then the bytes go nowhere, and the next read meets it.
  const auto sent = lane->acknowledge();
  batch next;
  const auto why = sent ? read_to_the_end(*lane, next, 5s).first : sent.error();
  BOOST_TEST((why.code == errc::broker_away), to_string(why));
  BOOST_TEST(!lane->connected());
  reconnect(*lane);
  expect_all_again(*lane, 300);
}

BOOST_AUTO_TEST_CASE(notices_a_half_open_peer_by_its_silence) {
  const auto lane = make_lane_session(options());
  BOOST_REQUIRE(lane->connect());
  proxy.set(tcp_proxy::mode::black_hole);
  batch read;
  const auto [why, took] = read_to_the_end(*lane, read, 20s);
  BOOST_TEST((why.code == errc::broker_away), to_string(why));
  BOOST_TEST(why.detail.find("no PINGRESP within the keepalive") != std::string::npos, why.detail);
  BOOST_TEST((took < 13s));  // one keepalive until PINGREQ, one for the answer, rounding
  proxy.set(tcp_proxy::mode::pass);
  reconnect(*lane);
  publish(b.options(), 0, 10);
  read_until(*lane, read, 10);
  BOOST_TEST(read.size() == 10u);
}

BOOST_AUTO_TEST_CASE(holds_the_connect_time_out_when_nobody_answers) {
  for (const auto mode : {tcp_proxy::mode::stall, tcp_proxy::mode::black_hole}) {
    proxy.set(mode);
    const auto lane = make_lane_session(options());
    const auto start = steady::now();
    const auto connected = lane->connect();
    BOOST_REQUIRE(!connected);
    BOOST_TEST((connected.error().code == errc::broker_away));
    BOOST_TEST(connected.error().detail.find("no CONNACK") != std::string::npos,
               connected.error().detail);
    BOOST_TEST((steady::now() - start < 2s));
    proxy.set(tcp_proxy::mode::pass);
    reconnect(*lane);
  }
}

BOOST_AUTO_TEST_CASE(names_a_refused_connection_and_connects_when_it_may) {
  proxy.refuse(true);
  const auto lane = make_lane_session(options());
  const auto start = steady::now();
  const auto connected = lane->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST(to_string(connected.error()).find("Connection refused") != std::string::npos,
             to_string(connected.error()));
  BOOST_TEST((steady::now() - start < 500ms));
  proxy.refuse(false);
  reconnect(*lane);
}

BOOST_AUTO_TEST_CASE(waits_for_a_stalled_network_without_losing_its_place) {
  auto o = options();
  o.broker.keepalive = 60s;
  const auto lane = make_lane_session(o);
  BOOST_REQUIRE(lane->connect());
  proxy.set(tcp_proxy::mode::stall);
  publish(b.options(), 0, 500);
  batch read;
  const auto added = lane->read(read, 300ms);
  BOOST_REQUIRE(added);
  BOOST_TEST(*added == 0u);
  proxy.set(tcp_proxy::mode::pass);
  committed_numbers all;
  consume(*lane, all, 500);
  BOOST_TEST(all.missing(0, 500) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_CASE(reads_packets_that_arrive_in_crumbs) {
  proxy.set(tcp_proxy::mode::slow);
  auto o = options();
  o.broker.connect_timeout = 3s;
  const auto lane = make_lane_session(o);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  publish(b.options(), 0, 20, 3000);
  committed_numbers all;
  consume(*lane, all, 20);
  BOOST_TEST(all.missing(0, 20) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_CASE(connects_again_to_a_message_that_takes_longer_than_the_time_out) {
  tcp_proxy slow{b.port(), 1000};  // every 10 ms
  auto o = options();
  o.broker.port = slow.port();
  const auto lane = make_lane_session(o);
  BOOST_REQUIRE(lane->connect());
  lane->drop();
  publish(b.options(), 7, 1, 200'000);
  slow.set(tcp_proxy::mode::slow);
  const auto start = steady::now();
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch read;
  read_until(*lane, read, 1);
  BOOST_TEST(numbers(read) == std::vector<std::uint64_t>{7}, boost::test_tools::per_element());
  BOOST_TEST((steady::now() - start > o.broker.connect_timeout));
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  publish(b.options(), 8, 1);
  batch next;
  read_until(*lane, next, 1);
  BOOST_TEST(numbers(next) == std::vector<std::uint64_t>{8}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(loses_and_repeats_nothing_over_many_cuts) {
  auto o = options();
  o.limits.events = 100;
  const auto lane = make_lane_session(o);
  BOOST_REQUIRE(lane->connect());
  constexpr std::size_t total = 3000;
  publish(b.options(), 0, total, 200);
  committed_numbers all;
  std::size_t lost_batches = 0;
  const auto until = steady::now() + 60s;
  for (int round = 0; all.size() < total && steady::now() < until; ++round) {
    if (!lane->connected()) reconnect(*lane);
    batch read;
    BOOST_REQUIRE_EQUAL(text_of(lane->read(read, 5s)), "success");
    if (round % 4 == 3) {
      round % 8 == 3 ? proxy.cut() : proxy.reset();
      // Its "database" was away: not committed, so all of it must come again.
      lost_batches += !read.empty();
      lane->drop();
      continue;
    }
    all.commit(read);
    BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
    // A reset discards what the broker has not read yet: let it hear the acknowledgements first.
    if (round % 4 == 2) BOOST_REQUIRE_EQUAL(text_of(lane->leave()), "success");
  }
  BOOST_TEST(lost_batches > 5u);
  BOOST_TEST(all.missing(0, total) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_lane_whose_broker_ends)

BOOST_AUTO_TEST_CASE(resumes_its_session_within_a_second_of_the_restart) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  publish(b.options(), 0, 200);
  batch read;
  read_until(*lane, read, 200);
  b.stop();
  const auto [why, took] = read_to_the_end(*lane, read, 5s);
  BOOST_TEST((why.code == errc::broker_away), to_string(why));
  const auto while_away = lane->connect();
  BOOST_REQUIRE(!while_away);
  BOOST_TEST((while_away.error().code == errc::broker_away));
  b.start();
  const auto start = steady::now();
  reconnect(*lane);
  BOOST_TEST((steady::now() - start < 1s));
  expect_all_again(*lane, 200);
}

BOOST_AUTO_TEST_CASE(resumes_what_was_saved_before_a_kill) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  lane->drop();
  publish(b.options(), 0, 200);
  b.save();
  b.kill();
  b.start();
  const auto resumed = lane->connect();
  BOOST_REQUIRE_EQUAL(text_of(resumed), "success");
  BOOST_TEST(*resumed);
  committed_numbers all;
  consume(*lane, all, 200);
  BOOST_TEST(all.missing(0, 200) == 0u);
}

BOOST_AUTO_TEST_CASE(tells_the_brokers_reason) {
  using namespace std::string_literals;
  scripted_server b({"\x20\x03\x00\x00\x00"s, "\x90\x04\x00\x01\x00\x01\xe0\x02\x8e\x00"s});
  auto options = lane_to({});
  options.broker.port = b.port();
  const auto lane = make_lane_session(options);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch read;
  const auto lost = lane->read(read, 5s);
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error().code == errc::broker_away));
  BOOST_TEST(lost.error().detail.find("disconnected client 'lane-0': session taken over (0x8e)") !=
                 std::string::npos,
             lost.error().detail);
  BOOST_TEST(!lane->connected());
}

BOOST_AUTO_TEST_CASE(is_put_off_by_a_broker_that_is_busy_and_refused_by_one_of_another_version) {
  using namespace std::string_literals;
  const std::pair<std::string, errc> answers[] = {
      {"\x20\x03\x00\x89\x00"s, errc::broker_away},     // server busy
      {"\x20\x03\x00\x84\x00"s, errc::broker_refused},  // unsupported protocol version
      {"\x20\x02\x00\x01"s, errc::broker_refused},      // the same in the words of MQTT 3.1.1
  };
  for (const auto& [answer, code] : answers) {
    scripted_server b({answer});
    auto options = lane_to({});
    options.broker.port = b.port();
    const auto lane = make_lane_session(options);
    const auto connected = lane->connect();
    BOOST_REQUIRE(!connected);
    BOOST_TEST((connected.error().code == code), to_string(connected.error()));
    BOOST_TEST(!lane->connected());
  }
}

BOOST_AUTO_TEST_CASE(holds_the_time_out_for_a_suback_that_never_comes) {
  using namespace std::string_literals;
  scripted_server b({"\x20\x03\x00\x00\x00"s});
  auto options = lane_to({});
  options.broker.port = b.port();
  options.broker.connect_timeout = 300ms;
  const auto lane = make_lane_session(options);
  const auto connected = lane->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST(connected.error().detail.find("no SUBACK") != std::string::npos,
             connected.error().detail);
  BOOST_TEST(!lane->connected());
}

BOOST_AUTO_TEST_CASE(says_that_a_host_name_does_not_exist) {
  auto options = lane_to({});
  options.broker.host = "no-such-host.invalid";
  options.broker.connect_timeout = 2s;
  const auto lane = make_lane_session(options);
  const auto start = steady::now();
  const auto connected = lane->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST((connected.error().code == errc::broker_away));
  BOOST_TEST(connected.error().detail.find("no-such-host.invalid") != std::string::npos);
  BOOST_TEST((steady::now() - start < 3s));
}

BOOST_AUTO_TEST_CASE(finds_a_broker_by_name_where_only_one_of_its_addresses_answers) {
  broker b;  // listens on 127.0.0.1; localhost may be ::1 first
  auto options = lane_to(b.options());
  options.broker.host = "localhost";
  const auto lane = make_lane_session(options);
  BOOST_TEST(text_of(lane->connect()) == "success");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_lane_that_may_not)

BOOST_AUTO_TEST_CASE(is_told_which_password_to_check) {
  broker b({.users = {{"taylordash", "right"}}});
  auto options = lane_to(b.options());
  options.broker.password = "wrong";
  const auto lane = make_lane_session(options);
  const auto connected = lane->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST((connected.error().code == errc::broker_refused));
  BOOST_TEST(connected.error().detail.find(
                 "not authorized (0x87) for client 'lane-0' as user 'taylordash': "
                 "check [mqtt] username and password") != std::string::npos,
             connected.error().detail);
  BOOST_TEST(connected.error().detail.find("wrong") == std::string::npos);
  options.broker.password = "right";
  BOOST_TEST(text_of(make_lane_session(options)->connect()) == "success");
}

BOOST_AUTO_TEST_CASE(is_told_that_the_broker_refuses_its_subscription) {
  // Mosquitto's ACL files refuse no subscription; its dynamic security plugin does.
  const temp_dir rules;
  const std::string file = rules.write("rules.json", R"({"defaultACLAccess":{"subscribe":false,
      "unsubscribe":true,"publishClientSend":true,"publishClientReceive":true}})");
  broker b({.further = {"plugin mosquitto_dynamic_security.so", "plugin_opt_config_file " + file}});
  const auto lane = make_lane_session(lane_to(b.options()));
  const auto connected = lane->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST((connected.error().code == errc::broker_refused), to_string(connected.error()));
  BOOST_TEST(connected.error().detail.find("not authorized (0x87): check the broker's ACL") !=
                 std::string::npos,
             connected.error().detail);
  BOOST_TEST(!lane->connected());
}

BOOST_AUTO_TEST_CASE(is_told_of_a_listener_that_grants_only_qos_0) {
  const auto port = free_port();
  broker b({.further = {"listener " + std::to_string(port) + " 127.0.0.1", "max_qos 0"}});
  auto options = lane_to(b.options());
  options.broker.port = port;
  const auto connected = make_lane_session(options)->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST((connected.error().code == errc::broker_refused), to_string(connected.error()));
  BOOST_TEST(connected.error().detail.find("QoS 0 was granted") != std::string::npos,
             connected.error().detail);
}

BOOST_AUTO_TEST_CASE(is_told_the_reason_of_a_refused_subscription) {
  using namespace std::string_literals;
  scripted_server b({"\x20\x03\x00\x00\x00"s, "\x90\x04\x00\x01\x00\x87"s});
  auto options = lane_to({});
  options.broker.port = b.port();
  const auto lane = make_lane_session(options);
  const auto connected = lane->connect();
  BOOST_REQUIRE(!connected);
  BOOST_TEST((connected.error().code == errc::broker_refused));
  BOOST_TEST(connected.error().detail.find("subscription '$share/test/tracker/events/#'") !=
             std::string::npos);
  BOOST_TEST(connected.error().detail.find("not authorized (0x87): check the broker's ACL") !=
                 std::string::npos,
             connected.error().detail);
  BOOST_TEST(!lane->connected());
}

BOOST_AUTO_TEST_SUITE_END()
