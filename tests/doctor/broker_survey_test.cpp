// Real brokers, right and wrong.

#include "doctor/broker_survey.hpp"

#include "doctor/broker_judge.hpp"

#include <csignal>

#include <boost/test/unit_test.hpp>

#include "mqtt/probe_session.hpp"
#include "tests/doctor/found.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/tcp_proxy.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* standalone_rules =
    "user taylordash\ntopic readwrite tracker/events/#\ntopic readwrite taylordash/doctor/#\n"
    "topic read $SYS/#\n\n"
    "user producer\ntopic deny tracker/events/auth/#\ntopic deny tracker/events/plugins/#\n"
    "topic write tracker/events/#\n\n"
    "user wide\ntopic write tracker/events/#\n";

const std::vector<std::pair<std::string, std::string>> accounts{
    {"taylordash", "t"}, {"producer", "p"}, {"wide", "w"}};

broker_probe_options looking_at(const broker& b) {
  broker_probe_options o;
  o.broker = b.options();
  return o;
}

broker_survey must(result<broker_survey> r) {
  if (!r) throw std::runtime_error(to_string(r.error()));
  return *std::move(r);
}

std::vector<finding> judged(const broker_probe_options& o, broker_needs needs = {}) {
  needs.quick = o.quick;
  return judge_broker(must(survey_broker(o)), needs);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(broker_survey_test)

BOOST_AUTO_TEST_CASE(a_broker_as_the_documents_ask_for_gives_no_worry) {
  const broker b{
      {.users = accounts, .acl = standalone_rules, .further = {"max_packet_size 16777216"}}};
  auto o = looking_at(b);
  o.producer = broker_account{"producer", "p"};
  const auto s = must(survey_broker(o));
  BOOST_TEST(s.not_probed == "");
  BOOST_TEST(s.version.starts_with("mosquitto version "));
  BOOST_TEST(s.dropped.has_value());
  BOOST_TEST((s.anonymous == false));
  BOOST_TEST((s.producer == true && s.producer_writes_events == true));
  BOOST_TEST(s.open_to_producer.empty());
  BOOST_REQUIRE(s.queue.has_value());
  BOOST_TEST(s.queue->acknowledged == o.queued_messages);
  BOOST_TEST(s.queue->came_back == o.queued_messages);
  BOOST_TEST(s.queue->session_kept);
  BOOST_TEST((s.shared_delivers == true));
  BOOST_TEST((s.large_event == broker_survey::large::delivered));
  BOOST_TEST(worries(judge_broker(s, {})) == "");
}

BOOST_AUTO_TEST_CASE(the_defaults_of_mosquitto_are_seen_to_drop_and_to_throttle) {
  broker b{{.further = {"max_queued_messages 1000", "max_inflight_messages 20"}}};
  const auto s = must(survey_broker(looking_at(b)));
  BOOST_REQUIRE(s.queue.has_value());
  BOOST_TEST(s.queue->acknowledged > s.queue->came_back);
  BOOST_TEST(s.queue->came_back >= 1000u);
  BOOST_TEST(s.queue->came_back < 1100u);
  const auto all = judge_broker(s, {});
  BOOST_TEST(level(all, "broker_queue_limit") == "danger");
  BOOST_TEST(level(all, "broker_window") == "warning");
}

BOOST_AUTO_TEST_CASE(anonymous_clients_and_what_they_may_write_are_noticed) {
  const broker b;
  const auto s = must(survey_broker(looking_at(b)));
  BOOST_TEST((s.anonymous == true));
  BOOST_TEST(s.open_to_anonymous.size() == 2u);
  BOOST_TEST(level(judge_broker(s, {}), "broker_anonymous") == "warning");
}

BOOST_AUTO_TEST_CASE(asking_what_an_account_may_write_delivers_nothing) {
  const broker b{{.users = accounts, .acl = standalone_rules}};
  const auto listener = make_probe_session({.broker = b.options(), .client_id = "listener"});
  BOOST_REQUIRE(listener->connect().has_value());
  BOOST_TEST(*listener->subscribe("tracker/events/#") == 1);
  auto o = looking_at(b);
  o.producer = broker_account{"wide", "w"};
  const auto s = must(survey_broker(o));
  BOOST_TEST(s.open_to_producer ==
                 (std::vector<std::string>{"tracker/events/auth/#", "tracker/events/plugins/#"}),
             boost::test_tools::per_element());
  const auto f = found(judge_broker(s, {}), "broker_acl");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(f.mend == "topic deny tracker/events/auth/#\ntopic deny tracker/events/plugins/#");
  BOOST_REQUIRE(listener->settle().has_value());
  BOOST_TEST(listener->receive(1, 100ms)->empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_left_at_the_broker) {
  const broker b{{.further = {"max_packet_size 16777216", "sys_interval 1"}}};
  must(survey_broker(looking_at(b)));
  const auto visitor = make_probe_session({.broker = b.options(), .client_id = "visitor"});
  const auto second = make_probe_session({.broker = b.options(), .client_id = "second"});
  BOOST_REQUIRE(visitor->connect().has_value());
  BOOST_REQUIRE(second->connect().has_value());
  BOOST_REQUIRE(visitor->subscribe("$SYS/broker/clients/total").has_value());
  // Values come when they change, so the second one is counted and then leaves.
  BOOST_REQUIRE(visitor->receive(1, 3s).has_value());
  BOOST_REQUIRE(second->leave(true).has_value());
  const auto came = visitor->receive(1, 10s);
  BOOST_REQUIRE(came.has_value());
  BOOST_REQUIRE(came->size() == 1u);
  BOOST_TEST(came->front().body == "1");
}

BOOST_AUTO_TEST_CASE(a_listener_that_grants_only_qos_0_is_a_danger) {
  const auto port = free_port();
  const broker b{{.further = {"listener " + std::to_string(port) + " 127.0.0.1", "max_qos 0"}}};
  auto o = looking_at(b);
  o.broker.port = port;
  o.quick = true;
  const auto s = must(survey_broker(o));
  BOOST_TEST(int{s.terms.maximum_qos} == 0);
  BOOST_TEST((s.subscribe_reason == 0));
  BOOST_TEST(level(judge_broker(s, {}), "broker_sessions") == "danger");
}

BOOST_AUTO_TEST_CASE(a_keepalive_that_the_broker_shortens_is_noticed) {
  const broker b{{.further = {"max_keepalive 20"}}};
  auto o = looking_at(b);
  o.quick = true;
  const auto s = must(survey_broker(o));
  BOOST_TEST((s.terms.keep_alive == 20));
  BOOST_TEST(level(judge_broker(s, {}), "broker_sessions") == "warning");
}

BOOST_AUTO_TEST_CASE(a_probe_may_ask_for_rights_with_messages_unacknowledged) {
  const broker b;
  const auto writer = make_probe_session({.broker = b.options(), .client_id = "writer"});
  const auto reader = make_probe_session({.broker = b.options(), .client_id = "reader"});
  BOOST_REQUIRE(writer->connect().has_value());
  BOOST_REQUIRE(reader->connect().has_value());
  BOOST_REQUIRE(reader->subscribe("t").has_value());
  BOOST_REQUIRE(writer->publish("t", "x").has_value());
  const auto came = reader->receive(1, 5s);
  BOOST_REQUIRE(came.has_value());
  BOOST_REQUIRE_EQUAL(came->size(), 1u);
  const auto may = reader->may_publish("tracker/events/projects/x");
  BOOST_REQUIRE(may.has_value());
  BOOST_TEST(*may);
}

BOOST_AUTO_TEST_CASE(a_probe_is_told_of_a_broker_that_takes_no_bytes) {
  const broker b;
  tcp_proxy proxy{b.port()};
  auto to = b.options();
  to.port = proxy.port();
  to.connect_timeout = 1s;
  const auto probe = make_probe_session({.broker = to, .client_id = "probe"});
  BOOST_REQUIRE(probe->connect().has_value());
  proxy.set(tcp_proxy::mode::stall);
  const std::string large(50'000'000, 'x');
  const auto begin = std::chrono::steady_clock::now();
  const auto sent = probe->publish("t", large);
  BOOST_REQUIRE(!sent.has_value());
  BOOST_TEST(holds(sent.error().detail, "takes no bytes"), sent.error().detail);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 10s));
  proxy.set(tcp_proxy::mode::pass);
  BOOST_REQUIRE(probe->connect().has_value());
  BOOST_TEST(probe->publish("t", "x").has_value());
}

BOOST_AUTO_TEST_CASE(a_large_message_over_a_slow_link_is_no_refusal) {
  const broker b;
  tcp_proxy proxy{b.port(), 100'000};  // every 10 ms
  auto to = b.options();
  to.port = proxy.port();
  to.connect_timeout = 1s;
  const auto probe = make_probe_session({.broker = to, .client_id = "probe"});
  BOOST_REQUIRE(probe->connect().has_value());
  proxy.set(tcp_proxy::mode::slow);
  const std::string large(25'000'000, 'x');
  const auto sent = probe->publish("t", large);
  BOOST_REQUIRE_MESSAGE(sent.has_value(), (sent ? "" : to_string(sent.error())));
  BOOST_TEST(sent->acknowledged == 1u);
}

BOOST_AUTO_TEST_CASE(a_session_that_a_look_had_to_leave_is_ended_by_the_next) {
  const broker b;
  auto o = looking_at(b);
  o.quick = true;
  o.client_id = "taylordash-doctor-of-this-node";
  const probe_options like_the_look{
      .broker = b.options(), .client_id = o.client_id, .keep_session = true, .session_expiry = 600};
  const auto left = make_probe_session(like_the_look);
  BOOST_REQUIRE(left->connect().has_value());
  left->drop();  // as with a broker that stalls before it hears the end
  must(survey_broker(o));
  const auto after = make_probe_session(like_the_look);
  const auto present = after->connect();
  BOOST_REQUIRE(present.has_value());
  BOOST_TEST(!*present);
  BOOST_TEST(after->leave(true).has_value());
}

BOOST_AUTO_TEST_CASE(a_broker_that_stalls_ends_the_look_at_its_deadline_or_when_told) {
  broker b;
  b.process().signal(SIGSTOP);  // the kernel takes the connection, and nobody answers
  auto o = looking_at(b);
  o.broker.connect_timeout = 60s;
  const auto begin = std::chrono::steady_clock::now();
  o.deadline = begin + 300ms;
  const auto late = survey_broker(o);
  BOOST_REQUIRE(!late.has_value());
  BOOST_TEST((late.error().code == errc::broker_away));
  BOOST_TEST(holds(late.error().detail, "no time was left"));
  o.deadline = std::chrono::steady_clock::time_point::max();
  o.give_up = [&] { return std::chrono::steady_clock::now() > begin + 700ms; };
  const auto told = survey_broker(o);
  BOOST_REQUIRE(!told.has_value());
  BOOST_TEST((told.error().code == errc::stopping));
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 10s));
  b.process().signal(SIGCONT);
}

BOOST_AUTO_TEST_CASE(a_subscription_that_ends_the_connection_leaves_the_rest_to_be_looked_at) {
  const broker b;
  auto o = looking_at(b);
  o.quick = true;
  o.filter.clear();
  for (int n = 0; n < 250; ++n)  // more than Mosquitto bears with
    o.filter += "x/";
  o.filter += "#";
  const auto s = must(survey_broker(o));
  BOOST_TEST(s.subscribe_trouble != "");
  BOOST_TEST(s.statistics);
  BOOST_TEST(level(judge_broker(s, {}), "broker_acl") == "note");
}

BOOST_AUTO_TEST_CASE(who_shows_the_certificate_of_the_service_is_not_anonymous) {
  const certificates files;
  const broker b{{.tls = &files, .client_certificates = true}};
  auto o = looking_at(b);
  o.broker = b.tls_options();
  o.producer = broker_account{"producer", "p"};
  const auto s = must(survey_broker(o));
  BOOST_TEST(!s.anonymous.has_value());
  BOOST_TEST(!s.producer.has_value());
  BOOST_TEST(s.producer_trouble != "");
  const auto all = judge_broker(s, {});
  BOOST_TEST(level(all, "broker_anonymous") == "note");
  BOOST_TEST(level(all, "broker_acl") == "note");
  BOOST_TEST(level(all, "broker_window") == "ok");  // the rest is looked at with it
}

BOOST_AUTO_TEST_CASE(a_quick_look_publishes_nothing) {
  const broker b;
  auto o = looking_at(b);
  const auto listener = make_probe_session({.broker = b.options(), .client_id = "listener"});
  BOOST_REQUIRE(listener->connect().has_value());
  BOOST_REQUIRE(listener->subscribe("#").has_value());
  o.quick = true;
  const auto s = must(survey_broker(o));
  BOOST_TEST(s.statistics);
  BOOST_TEST(!s.anonymous.has_value());
  BOOST_TEST(!s.queue.has_value());
  BOOST_REQUIRE(listener->settle().has_value());
  BOOST_TEST(listener->receive(1, 100ms)->empty());
}

BOOST_AUTO_TEST_CASE(an_account_without_the_probe_topic_is_told_which_line_to_add) {
  const broker b{{.users = accounts, .acl = "user taylordash\ntopic read tracker/events/#\n"}};
  const auto all = judged(looking_at(b));
  BOOST_TEST(found(all, "broker_probe_topic").mend == "topic readwrite taylordash/doctor/#");
  BOOST_TEST(level(all, "broker_probe_topic") == "note");
  BOOST_TEST(level(all, "broker_statistics") == "note");  // $SYS is not allowed either
  BOOST_TEST(worries(all) == "");
}

BOOST_AUTO_TEST_CASE(lanes_that_read_everything_are_spared_the_probes) {
  const broker b;
  auto o = looking_at(b);
  o.filter = "#";
  const auto s = must(survey_broker(o));
  BOOST_TEST(holds(s.not_probed, "mqtt.filter"));
  BOOST_TEST(!s.queue.has_value());
}

BOOST_AUTO_TEST_CASE(a_size_limit_that_discards_is_a_danger) {
  const broker b{{.further = {"message_size_limit 100000"}}};
  BOOST_TEST(level(judged(looking_at(b)), "broker_packet_size") == "danger");
}

BOOST_AUTO_TEST_CASE(a_packet_limit_below_the_largest_event_is_a_warning) {
  const broker b{{.further = {"max_packet_size 100000"}}};
  const auto s = must(survey_broker(looking_at(b)));
  BOOST_TEST(s.terms.maximum_packet_size.value_or(0) == 100'000u);
  BOOST_TEST(level(judge_broker(s, {}), "broker_packet_size") == "warning");
}

BOOST_AUTO_TEST_CASE(a_broker_that_refuses_or_is_away_is_a_finding) {
  const broker b{{.users = accounts, .acl = standalone_rules}};
  auto o = looking_at(b);
  o.broker.password = "wrong";
  const auto refused = survey_broker(o);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(holds(broker_unreachable(refused.error()).what, "does not let the service in"));
  o.broker.port = free_port();
  const auto away = survey_broker(o);
  BOOST_REQUIRE(!away.has_value());
  BOOST_TEST(holds(broker_unreachable(away.error()).what, "can't be reached"));
}

BOOST_AUTO_TEST_CASE(a_wrong_producer_account_is_said_so) {
  const broker b{{.users = accounts, .acl = standalone_rules}};
  auto o = looking_at(b);
  o.producer = broker_account{"producer", "wrong"};
  const auto f = found(judged(o), "broker_acl");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(holds(f.what, "does not get in"));
}

BOOST_AUTO_TEST_CASE(a_look_can_be_given_up) {
  const broker b;
  auto o = looking_at(b);
  o.give_up = [] { return true; };
  const auto r = survey_broker(o);
  BOOST_REQUIRE(!r.has_value());
  BOOST_TEST((r.error().code == errc::stopping));
}

BOOST_AUTO_TEST_SUITE_END()
