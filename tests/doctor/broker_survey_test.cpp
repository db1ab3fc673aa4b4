// Real brokers, right and wrong.

#include "doctor/broker_survey.hpp"

#include "doctor/broker_judge.hpp"

#include <csignal>

#include <boost/test/unit_test.hpp>

#include "mqtt/probe_session.hpp"
#include "tests/doctor/found.hpp"
#include "tests/support/broker.hpp"

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
  BOOST_REQUIRE(visitor->connect().has_value());
  BOOST_REQUIRE(visitor->subscribe("$SYS/broker/clients/total", true).has_value());
  const auto only_the_visitor = [&] {
    for (const auto end = std::chrono::steady_clock::now() + 10s;
         std::chrono::steady_clock::now() < end;) {
      const auto came = visitor->receive(1, 2s);
      if (!came) return false;
      for (const auto& m : *came) {
        if (m.body == "1") return true;
      }
    }
    return false;
  };
  BOOST_TEST(only_the_visitor());
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
