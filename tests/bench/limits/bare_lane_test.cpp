#include "bench/limits/bare_lane.hpp"

#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "bench/limits/mosquitto_lane.hpp"
#include "mqtt/publisher.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace td::bench;

namespace {

using both = std::tuple<bare_lane, mosquitto_lane>;

constexpr std::size_t burst_size = 10;

td::lane_options options_for(const td::broker_options& broker) {
  return {.broker = broker, .client_id = "limit", .subscription = "$share/limits/t/#"};
}

/// A lane and what it has received; a burst is full at `burst_size`.
template <class Lane>
struct listening {
  std::vector<std::string> bodies{};
  std::size_t in_burst{};
  Lane lane;

  explicit listening(const td::broker_options& broker)
      : lane{options_for(broker), [this](std::string_view body, std::string_view, td::timestamp) {
               bodies.emplace_back(body);
               return ++in_burst >= burst_size ? burst_goes::full : burst_goes::on;
             }} {
    BOOST_REQUIRE_MESSAGE(lane.open(), lane.error());
  }

  void read(std::size_t until, std::chrono::seconds within = 10s) {
    const auto end = std::chrono::steady_clock::now() + within;
    while (in_burst < until && std::chrono::steady_clock::now() < end)
      BOOST_REQUIRE_MESSAGE(lane.read_burst(in_burst == 0), lane.error());
  }
  void acknowledge() {
    BOOST_REQUIRE_MESSAGE(lane.acknowledge(), lane.error());
    in_burst = 0;
  }
};

void publish(const td::test::broker& broker, int from, int to) {
  const auto p = td::make_publisher({.broker = broker.options(), .client_id = "source"});
  BOOST_REQUIRE(p->connect().has_value());
  for (int i = from; i < to; ++i)
    BOOST_REQUIRE(p->publish("t/x", std::to_string(i), 0).has_value());
  while (p->in_flight() > 0)
    BOOST_REQUIRE(p->poll(1s).has_value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bare_lanes)

BOOST_AUTO_TEST_CASE_TEMPLATE(acknowledge_a_burst_only_when_told, lane_type, both) {
  td::test::broker broker;
  listening<lane_type>{broker.options()}.lane.leave();
  publish(broker, 0, 25);
  {
    listening<lane_type> dies{broker.options()};
    dies.read(burst_size);
    BOOST_TEST(dies.bodies.size() == burst_size);
    BOOST_TEST(dies.lane.read_burst(false));
    BOOST_TEST(dies.bodies.size() == burst_size);  // a full burst stays as it is
  }
  listening<lane_type> next{broker.options()};
  for (const auto size : {burst_size, burst_size, std::size_t{5}}) {
    next.read(size);
    BOOST_TEST(next.in_burst == size);
    next.acknowledge();
  }
  BOOST_REQUIRE(next.bodies.size() == 25u);
  BOOST_TEST(next.bodies.front() == "0");  // what the dead one had read came again
  BOOST_TEST(next.bodies.back() == "24");
  next.read(1, 1s);
  BOOST_TEST(next.bodies.size() == 25u);
  BOOST_TEST(next.lane.keep_alive());
  next.lane.leave();
  listening<lane_type> last{broker.options()};
  last.read(1, 1s);
  BOOST_TEST(last.bodies.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(die_of_a_message_that_is_not_the_bench_s, lane_type, both) {
  td::test::broker broker;
  lane_type lane{options_for(broker.options()), [](std::string_view, std::string_view,
                                                   td::timestamp) { return burst_goes::awry; }};
  BOOST_REQUIRE_MESSAGE(lane.open(), lane.error());
  publish(broker, 0, 1);
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (lane.read_burst(true) && std::chrono::steady_clock::now() < until) {
  }
  BOOST_TEST(lane.error() == "a limit takes only the bench's own events");
}

BOOST_AUTO_TEST_CASE(write_nothing_while_what_came_with_connack_is_not_stored) {
  const auto message = "\x32\x07\x00\x01t\x00\x01\x00x"s;
  td::test::scripted_server broker({"\x20\x03\x01\x00\x00"s + message});
  listening<bare_lane> l{{.port = broker.port()}};
  l.read(1);
  BOOST_TEST(l.bodies.size() == 1u);
  const auto connect = broker.heard();
  l.acknowledge();
  const auto puback = "\x40\x02\x00\x01"s;
  const auto after = broker.await_heard(connect.size() + puback.size() + 1, 5s);
  BOOST_REQUIRE(after.size() > connect.size() + puback.size());
  BOOST_TEST((after.substr(connect.size(), puback.size()) == puback));
  BOOST_TEST((after[connect.size() + puback.size()] == '\x82'));  // SUBSCRIBE
}

BOOST_AUTO_TEST_CASE(want_a_subscription_with_acknowledgements) {
  td::test::scripted_server broker(
      {"\x20\x03\x00\x00\x00"s, "\x90\x04\x00\x01\x00\x00"s});  // granted QoS 0
  bare_lane lane{options_for({.port = broker.port()}),
                 [](std::string_view, std::string_view, td::timestamp) { return burst_goes::on; }};
  BOOST_TEST(!lane.open());
  BOOST_TEST(lane.error().starts_with("subscription: "), lane.error());
}

BOOST_AUTO_TEST_SUITE_END()
