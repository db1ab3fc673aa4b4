#include <atomic>
#include <csignal>

#include "mqtt/lane_session.hpp"
#include "pipeline/batch.hpp"
#include "standalone/private_broker.hpp"
#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

constexpr int success = 0;
constexpr int no_subscriber = 16;
constexpr int not_authorised = 135;

std::unique_ptr<lane_session> subscriber(const broker_options& broker, const std::string& filter) {
  auto session = make_lane_session(
      {.broker = broker, .client_id = "reader-" + broker.username, .subscription = filter});
  must(session->connect());
  return session;
}

std::size_t messages_within(lane_session& session, std::chrono::milliseconds wait) {
  batch into;
  return must(session.read(into, wait));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(broker_rules_test)

BOOST_AUTO_TEST_CASE(lets_producers_write_the_families_that_are_theirs_and_nothing_else) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto producer = running->broker().as_producer();
  for (const auto* topic : {"tracker/events/tasks/updated", "tracker/events/projects/created",
                            "tracker/events/components/archived"}) {
    BOOST_TEST(publish_one(producer, topic) == no_subscriber, topic);
  }
  for (const auto* topic : {"tracker/events/auth/login", "tracker/events/auth",
                            "tracker/events/plugins/a/b", "tracker/commands/x", "other"}) {
    BOOST_TEST(publish_one(producer, topic) == not_authorised, topic);
  }
  const auto service = running->broker().as_service();
  BOOST_TEST(publish_one(service, "tracker/events/auth/login") == no_subscriber);
  BOOST_TEST(publish_one(service, "other") == not_authorised);
}

BOOST_AUTO_TEST_CASE(gives_events_to_the_service_and_none_to_producers) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto service = subscriber(running->broker().as_service(), "tracker/events/#");
  const auto spy = subscriber(running->broker().as_producer(), "tracker/events/#");
  BOOST_TEST(publish_one(running->broker().as_producer(), "tracker/events/tasks/x") == success);
  BOOST_TEST(messages_within(*service, 5s) == 1u);
  // The broker has one thread: what it had for the spy was sent before the service's answer came.
  BOOST_TEST(messages_within(*spy, 300ms) == 0u);
}

BOOST_AUTO_TEST_CASE(shows_its_counters_to_the_service_alone) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto service = subscriber(running->broker().as_service(), "$SYS/broker/uptime");
  const auto spy = subscriber(running->broker().as_producer(), "$SYS/broker/uptime");
  BOOST_TEST(messages_within(*service, 15s) == 1u);  // every 10 s
  BOOST_TEST(messages_within(*spy, 300ms) == 0u);
}

BOOST_AUTO_TEST_CASE(goes_on_serving_a_producer_after_a_message_it_refused) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  std::vector<int> reasons;
  auto p = make_publisher({.broker = running->broker().as_producer(),
                           .client_id = "mixed",
                           .window = 10,
                           .acknowledged = [&](auto, auto reason) { reasons.push_back(reason); }});
  must(p->connect());
  for (const auto* topic : {"tracker/events/auth/x", "tracker/events/tasks/x", "other"}) {
    BOOST_REQUIRE(must(p->publish(topic, "{}", 0)));
  }
  BOOST_TEST(eventually([&] { return !p->poll(100ms) || p->in_flight() == 0; }));
  BOOST_TEST(reasons == (std::vector<int>{not_authorised, no_subscriber, not_authorised}),
             boost::test_tools::per_element());
  BOOST_TEST(p->connected());
}

BOOST_AUTO_TEST_CASE(refuses_who_has_no_password_or_a_wrong_one) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  auto options = running->broker().as_producer();
  const auto attempt = [&] {
    return make_publisher({.broker = options, .client_id = "stranger"})->connect();
  };
  must(attempt());
  options.password = "wrong";
  BOOST_TEST((attempt().error().code == errc::broker_refused));
  options.username.clear();
  options.password.clear();
  BOOST_TEST((attempt().error().code == errc::broker_refused));
}

BOOST_AUTO_TEST_CASE(keeps_producers_out_until_the_gate_is_opened) {
  const instance_folder folder;
  auto instance = must(standalone_instance::open(prepared(folder)));
  must(instance->start(-1));
  const auto producer = instance->broker().as_producer();
  const auto attempt = [&] {
    return make_publisher({.broker = producer, .client_id = "early"})->connect();
  };
  BOOST_TEST((attempt().error().code == errc::broker_refused));
  // A session that is made before the gate opens stays connected, and misses nothing.
  const auto lane = subscriber(instance->broker().as_service(), "tracker/events/#");
  must(instance->let_producers_in());
  must(attempt());
  BOOST_TEST(publish_one(producer, "tracker/events/tasks/x") == success);
  BOOST_TEST(messages_within(*lane, 5s) == 1u);
  must(instance->let_producers_in());  // again: nothing changes
  must(attempt());
  must(instance->stop());
}

BOOST_AUTO_TEST_CASE(has_the_first_sessions_on_disk_before_the_first_event_is_accepted) {
  const instance_folder folder;
  auto instance = must(standalone_instance::open(prepared(folder)));
  must(instance->start(-1));
  auto lane = subscriber(instance->broker().as_service(), "tracker/events/#");
  lane->drop();
  must(instance->let_producers_in());
  const auto killed = instance->broker().pid();
  BOOST_REQUIRE(::kill(killed, SIGKILL) == 0);  // long before the first autosave
  std::optional<bool> present;
  BOOST_REQUIRE(eventually([&] {
    if (const auto connected = lane->connect()) present = *connected;
    return present.has_value();
  }));
  BOOST_TEST(*present);
  lane->drop();
  instance->let_producers_in_when([](auto) { return true; });
  const auto producer = instance->broker().as_producer();
  BOOST_REQUIRE(eventually([&] {
    return make_publisher({.broker = producer, .client_id = "p"})->connect().has_value();
  }));
  BOOST_TEST(publish_one(producer, "tracker/events/tasks/x") == success);
  BOOST_TEST(must(lane->connect()));
  BOOST_TEST(messages_within(*lane, 5s) == 1u);
  lane.reset();
  must(instance->stop());
}

BOOST_AUTO_TEST_CASE(keeps_producers_out_after_a_restart_until_the_lanes_are_back) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto attempt = [&] {
    return make_publisher({.broker = running->broker().as_producer(), .client_id = "p"})->connect();
  };
  auto lane = subscriber(running->broker().as_service(), "$share/g/tracker/events/#");
  std::atomic<bool> lanes_are_back{false};
  std::atomic<int> asked{0};
  std::atomic<std::chrono::steady_clock::time_point> since{};
  running->let_producers_in_when([&](auto launched) {
    since = launched;
    ++asked;
    return lanes_are_back.load();
  });
  const auto before = std::chrono::steady_clock::now();
  BOOST_REQUIRE(::kill(running->broker().pid(), SIGTERM) == 0);
  BOOST_REQUIRE(eventually([&] { return asked > 3; }));
  BOOST_TEST((since.load() > before));
  BOOST_TEST((attempt().error().code == errc::broker_refused));
  lane->drop();
  BOOST_TEST(must(lane->connect()));  // its session was kept, its shared subscription is new
  lanes_are_back = true;
  BOOST_REQUIRE(eventually([&] { return attempt().has_value(); }));
  BOOST_TEST(publish_one(running->broker().as_producer(), "tracker/events/tasks/x") == success);
  BOOST_TEST(messages_within(*lane, 5s) == 1u);
}

BOOST_AUTO_TEST_CASE(keeps_the_backlog_of_a_client_that_is_away_when_the_gate_opens) {
  const instance_folder folder;
  const auto wanted = prepared(folder);
  const auto reader = [](const standalone_instance& instance) {
    return subscriber(instance.broker().as_service(), "tracker/events/#");
  };
  {
    const running_instance first{wanted};
    reader(*first.instance)->drop();
    BOOST_TEST(publish_one(first->broker().as_producer(), "tracker/events/tasks/x") == success);
  }
  const running_instance second{wanted};
  BOOST_TEST(messages_within(*reader(*second.instance), 5s) == 1u);
}

BOOST_AUTO_TEST_CASE(drops_nothing_for_a_consumer_that_is_away) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  subscriber(running->broker().as_service(), "tracker/events/#")->drop();
  constexpr std::size_t many = 5000;  // Mosquitto's own default keeps 1000
  std::size_t acknowledged = 0;
  auto p =
      make_publisher({.broker = running->broker().as_producer(),
                      .client_id = "many",
                      .window = 500,
                      .acknowledged = [&](auto, auto reason) { acknowledged += reason == 0; }});
  must(p->connect());
  for (std::size_t sent = 0; sent < many;) {
    if (must(p->publish("tracker/events/tasks/x", "{}", sent))) {
      ++sent;
    } else {
      must(p->poll(100ms));
    }
  }
  while (p->in_flight() > 0)
    must(p->poll(100ms));
  BOOST_TEST(acknowledged == many);
  const auto lane = subscriber(running->broker().as_service(), "tracker/events/#");
  std::size_t received = 0;
  while (received < many) {
    const auto n = messages_within(*lane, 5s);
    if (n == 0) break;
    received += n;
    must(lane->acknowledge());
  }
  BOOST_TEST(received == many);
}

BOOST_AUTO_TEST_CASE(opens_to_devices_with_tls_and_refuses_the_plain_and_the_unbelieving) {
  const instance_folder folder;
  const auto port = free_port();
  auto wanted = prepared(folder);
  wanted.mqtt_listen = listen_address{"0.0.0.0", port};
  const running_instance running{wanted};
  auto device = running->broker().as_producer();
  device.port = port;
  device.tls = true;
  device.ca_file = tls_files::in(running->layout().tls()).ca_certificate;
  BOOST_TEST(publish_one(device, "tracker/events/tasks/x") == no_subscriber);
  BOOST_TEST(publish_one(device, "tracker/events/auth/x") == not_authorised);

  const auto attempt = [](broker_options as) {
    as.connect_timeout = 2s;
    return make_publisher({.broker = as, .client_id = "device"})->connect();
  };
  auto plain = device;
  plain.tls = false;
  BOOST_TEST(!attempt(plain));
  auto unbelieving = device;
  unbelieving.ca_file.clear();  // the system's authorities, which don't know ours
  BOOST_TEST(!attempt(unbelieving));
  auto nameless = device;
  nameless.username.clear();
  nameless.password.clear();
  BOOST_TEST((attempt(nameless).error().code == errc::broker_refused));
}

BOOST_AUTO_TEST_SUITE_END()
