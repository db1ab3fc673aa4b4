#include "doctor/broker_judge.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/doctor/found.hpp"

using namespace td;
using namespace td::test;

namespace {

broker_survey sound() {
  broker_survey s;
  s.terms.maximum_packet_size = 16'777'216;
  s.statistics = true;
  s.version = "mosquitto version 2.1.0";
  s.dropped = 0;
  s.stored = 12;
  s.anonymous = false;
  s.producer = true;
  s.producer_writes_events = true;
  s.queue = broker_survey::queue_behaviour{1500, 0, 0, 1500, 1500, true};
  s.shared_delivers = true;
  s.large_event = broker_survey::large::delivered;
  return s;
}

broker_needs with_file(std::string_view text) {
  broker_needs n;
  n.file = broker_file{"/etc/mosquitto/mosquitto.conf",
                       broker_options_in(text, "/etc/mosquitto/mosquitto.conf")};
  return n;
}

constexpr std::string_view durable =
    "persistence true\nautosave_interval 15\nmax_queued_messages 1000000000\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(broker_judge)

BOOST_AUTO_TEST_CASE(a_sound_broker_is_ok_throughout) {
  for (const auto& f : judge_broker(sound(), with_file(durable)))
    BOOST_TEST((f.level == severity::ok), f.code << ": " << f.what);
}

BOOST_AUTO_TEST_CASE(a_queue_that_drops_is_a_danger_with_the_measured_count_and_the_line) {
  auto s = sound();
  s.queue->came_back = 1000;
  const auto f = found(judge_broker(s, {}), "broker_queue_limit");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(holds(f.what, "acknowledged 1,500"));
  BOOST_TEST(holds(f.what, "500 are gone"));
  BOOST_TEST(f.mend == "max_queued_messages 1000000000");
  BOOST_TEST(
      f.where ==
      "mosquitto.conf, then restart the broker (under systemd: systemctl restart mosquitto)");
  broker_needs of_an_instance;
  of_an_instance.standalone = true;
  BOOST_TEST(holds(found(judge_broker(s, of_an_instance), "broker_queue_limit").where,
                   "stop the instance and start it"));
}

BOOST_AUTO_TEST_CASE(options_of_mosquitto_are_named_only_where_it_is_mosquitto) {
  auto s = sound();
  s.queue->came_back = 1000;
  s.large_event = broker_survey::large::discarded;
  s.version.clear();
  BOOST_TEST(holds(found(judge_broker(s, {}), "broker_queue_limit").where, "if it is Mosquitto: "));
  s.version = "EMQX 5.8";
  for (const auto& f : judge_broker(s, {})) {
    if (f.level < severity::warning) continue;
    BOOST_TEST(!holds(f.mend, "max_queued_messages"), f.code);
    BOOST_TEST(!holds(f.mend, "max_packet_size"), f.code);
    BOOST_TEST(!holds(f.what, "message_size_limit"), f.code);
    BOOST_TEST(!holds(f.where, "mosquitto"), f.code);
  }
}

BOOST_AUTO_TEST_CASE(a_queue_limit_that_nobody_told_is_a_note) {
  BOOST_TEST(level(judge_broker(sound(), {}), "broker_queue_limit") == "note");
  BOOST_TEST(level(judge_broker(sound(), with_file(durable)), "broker_queue_limit") == "ok");
}

BOOST_AUTO_TEST_CASE(the_place_is_the_line_of_the_file_where_it_is_known) {
  const auto needs = with_file("# x\nmax_queued_messages 5000\npersistence true\n");
  const auto f = found(judge_broker(sound(), needs), "broker_queue_limit");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(holds(f.where, "/etc/mosquitto/mosquitto.conf:2, "));
}

BOOST_AUTO_TEST_CASE(a_window_that_throttles_is_a_warning) {
  auto s = sound();
  s.queue->window = 20;
  BOOST_TEST(level(judge_broker(s, {}), "broker_window") == "warning");
  s = sound();
  s.terms.receive_maximum = 20;
  s.queue.reset();
  const auto f = found(judge_broker(s, {}), "broker_window");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(f.mend == "max_inflight_messages 0");
}

BOOST_AUTO_TEST_CASE(sizes_are_judged_against_the_largest_event) {
  auto s = sound();
  s.terms.maximum_packet_size = 65'536;
  BOOST_TEST(level(judge_broker(s, {}), "broker_packet_size") == "warning");
  s.terms.maximum_packet_size.reset();
  BOOST_TEST(level(judge_broker(s, {}), "broker_packet_size") == "note");
  s.large_event = broker_survey::large::refused;
  s.large_reason = 0x95;
  BOOST_TEST(level(judge_broker(s, {}), "broker_packet_size") == "danger");
  s.large_event = broker_survey::large::discarded;
  BOOST_TEST(level(judge_broker(s, {}), "broker_packet_size") == "danger");
  BOOST_TEST(level(judge_broker(sound(), with_file("message_size_limit 1000\n")),
                   "broker_packet_size") == "danger");
}

BOOST_AUTO_TEST_CASE(bounds_that_drop_silently_are_dangers) {
  const auto f = found(judge_broker(sound(), with_file("persistence true\nmemory_limit 1048576\n")),
                       "broker_silent_bounds");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(f.mend == "# memory_limit 1048576");
}

BOOST_AUTO_TEST_CASE(persistence_is_judged_by_the_file_and_unknown_without_it) {
  BOOST_TEST(level(judge_broker(sound(), {}), "broker_persistence") == "note");
  BOOST_TEST(level(judge_broker(sound(), with_file("")), "broker_persistence") == "danger");
  BOOST_TEST(level(judge_broker(sound(), with_file("persistence true\n")), "broker_persistence") ==
             "danger");  // saves every 30 minutes
  BOOST_TEST(level(judge_broker(sound(), with_file(durable)), "broker_persistence") == "ok");
  auto forgetful = sound();
  forgetful.queue->session_kept = false;
  BOOST_TEST(level(judge_broker(forgetful, {}), "broker_persistence") == "danger");
}

BOOST_AUTO_TEST_CASE(a_save_that_counts_changes_is_no_save_that_counts_seconds) {
  const auto f = found(judge_broker(sound(), with_file("persistence true\nautosave_interval 15\n"
                                                       "autosave_on_changes true\n")),
                       "broker_persistence");
  BOOST_TEST((f.level == severity::warning));
  BOOST_TEST(f.mend == "autosave_on_changes false\nautosave_interval 15");
}

BOOST_AUTO_TEST_CASE(drops_are_a_danger_only_with_a_queue_that_drops) {
  auto s = sound();
  s.dropped = 500;
  BOOST_TEST(level(judge_broker(s, {}), "broker_dropped") == "warning");
  broker_needs needs;
  needs.dropped_before = 500;
  BOOST_TEST(level(judge_broker(s, needs), "broker_dropped") == "warning");
  needs.dropped_before = 300;
  BOOST_TEST(level(judge_broker(s, needs), "broker_dropped") == "warning");  // anybody's
  needs.file = with_file(durable).file;
  const auto right = found(judge_broker(s, needs), "broker_dropped");
  BOOST_TEST((right.level == severity::warning));
  BOOST_TEST(right.mend == "");  // it is set already
  s.queue->came_back = 1000;
  const auto f = found(judge_broker(s, needs), "broker_dropped");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(holds(f.what, "200 since the last look"));
  BOOST_TEST(holds(f.what, "of any client"));
}

BOOST_AUTO_TEST_CASE(versions_with_traps_are_known) {
  const auto of = [](std::string version, const broker_needs& needs = {}) {
    auto s = sound();
    s.version = std::move(version);
    return level(judge_broker(s, needs), "broker_version");
  };
  BOOST_TEST(of("mosquitto version 2.0.11") == "note");  // shared subscriptions after a restart
  BOOST_TEST(of("mosquitto version 1.6.9") == "warning");
  BOOST_TEST(of("mosquitto version 2.0.16") == "danger");
  BOOST_TEST(of("mosquitto version 2.0.19") == "warning");
  BOOST_TEST(of("mosquitto version 2.0.11", with_file("max_queued_messages 0\n")) == "warning");
  BOOST_TEST(of("mosquitto version 2.0.22", with_file("max_queued_messages 0\n")) == "note");
  BOOST_TEST(of("") == "note");
  BOOST_TEST(of("EMQX 5.8") == "note");
}

BOOST_AUTO_TEST_CASE(rights_that_are_too_wide_or_too_narrow_are_told_apart) {
  auto s = sound();
  s.open_to_producer = {"tracker/events/auth/#"};
  const auto wide = found(judge_broker(s, {}), "broker_acl");
  BOOST_TEST((wide.level == severity::warning));
  BOOST_TEST(wide.mend == "topic deny tracker/events/auth/#");
  s = sound();
  s.producer_writes_events = false;
  BOOST_TEST(level(judge_broker(s, {}), "broker_acl") == "danger");
  s = sound();
  s.subscribe_reason = 0x87;
  BOOST_TEST(level(judge_broker(s, {}), "broker_acl") == "danger");
  broker_needs one_family;
  one_family.filter = "tracker/events/tasks/#";
  BOOST_TEST(found(judge_broker(s, one_family), "broker_acl").mend ==
             "topic readwrite tracker/events/tasks/#");
  s = sound();
  s.producer_writes_events = false;
  BOOST_TEST(found(judge_broker(s, one_family), "broker_acl").mend ==
             "topic write tracker/events/tasks/#");
  one_family.filter = "#";  // what they may write is still no more than events
  BOOST_TEST(found(judge_broker(s, one_family), "broker_acl").mend ==
             "topic write tracker/events/#");
  s = sound();
  s.anonymous = true;
  BOOST_TEST(level(judge_broker(s, {}), "broker_anonymous") == "warning");
}

BOOST_AUTO_TEST_CASE(rights_that_were_not_tried_are_not_called_ok) {
  auto s = sound();
  s.producer_writes_events.reset();
  BOOST_TEST(level(judge_broker(s, {}), "broker_acl") == "note");
  s.producer.reset();
  broker_needs quick;
  quick.quick = true;
  BOOST_TEST(level(judge_broker(s, quick), "broker_acl") == "note");
  s.producer_trouble = "the broker ended the TLS handshake";
  BOOST_TEST(holds(found(judge_broker(s, {}), "broker_acl").what, "was not tried"));
  s.subscribe_trouble = "not authorized";
  BOOST_TEST(holds(found(judge_broker(s, {}), "broker_acl").what, "whether the service may read"));
  s = sound();
  s.anonymous.reset();
  BOOST_TEST(level(judge_broker(s, {}), "broker_anonymous") == "note");
}

BOOST_AUTO_TEST_CASE(an_acl_file_that_lets_no_lane_read_is_a_danger) {
  const auto of = [](std::string acl, std::string_view conf = "acl_file /etc/acl\n") {
    auto needs = with_file(conf);
    needs.username = "taylordash";
    needs.acl_text = std::move(acl);
    return found(judge_broker(sound(), needs), "broker_acl");
  };
  BOOST_TEST((of("user taylordash\ntopic read tracker/events/#\n").level == severity::ok));
  BOOST_TEST((of("user taylordash\ntopic #\n").level == severity::ok));
  BOOST_TEST((of("user taylordash\ntopic read tracker/events/projects/#\n").level ==
              severity::ok));                                     // some, at least
  BOOST_TEST((of("pattern read %u/#\n").level == severity::ok));  // can't be told
  const auto f =
      of("user other\ntopic read tracker/events/#\nuser taylordash\n"
         "topic write tracker/events/#\n");
  BOOST_TEST((f.level == severity::danger));
  BOOST_TEST(f.mend == "topic readwrite tracker/events/#");
  BOOST_TEST(holds(f.where, "/etc/acl, below `user taylordash`"));
  BOOST_TEST((of("user taylordash\ntopic read tracker/events/#\ntopic deny "
                 "tracker/events/auth/#\n")
                  .level == severity::danger));
  BOOST_TEST((of("user x\n", "acl_file /etc/acl\nplugin /x.so\n").level == severity::ok));
}

BOOST_AUTO_TEST_CASE(a_broker_without_what_lanes_need_is_a_danger) {
  auto s = sound();
  s.terms.shared_subscriptions = false;
  BOOST_TEST(level(judge_broker(s, {}), "broker_shared_subscriptions") == "danger");
  broker_needs ordered;
  ordered.ordered = true;
  BOOST_TEST(level(judge_broker(s, ordered), "broker_shared_subscriptions") == "note");
  s = sound();
  s.terms.session_expiry = 600;
  BOOST_TEST(level(judge_broker(s, {}), "broker_sessions") == "danger");
  s.terms.session_expiry = 86'400;
  BOOST_TEST(level(judge_broker(s, {}), "broker_sessions") == "warning");
}

BOOST_AUTO_TEST_CASE(a_broker_without_wildcards_is_a_danger_wherever_the_filter_has_one) {
  auto s = sound();
  s.terms.wildcard_subscriptions = false;
  for (const bool ordered : {false, true}) {
    broker_needs needs;
    needs.ordered = ordered;
    const auto f = found(judge_broker(s, needs), "broker_shared_subscriptions");
    BOOST_TEST((f.level == severity::danger));
    BOOST_TEST(!holds(f.mend, "ordered"));  // that lane subscribes with the same filter
    needs.filter = "tracker/events/tasks/created";
    BOOST_TEST(level(judge_broker(s, needs), "broker_shared_subscriptions") == "ok");
  }
}

BOOST_AUTO_TEST_CASE(a_broker_that_grants_only_qos_0_is_a_danger) {
  auto s = sound();
  s.subscribe_reason = 0;
  BOOST_TEST(level(judge_broker(s, {}), "broker_sessions") == "danger");
  BOOST_TEST(found(judge_broker(s, {}), "broker_sessions").mend == "max_qos 2");
  s.version = "EMQX 5.8";
  BOOST_TEST(found(judge_broker(s, {}), "broker_sessions").mend == "let it grant QoS 1");
  s = sound();
  s.terms.maximum_qos = 0;
  BOOST_TEST(level(judge_broker(s, {}), "broker_sessions") == "danger");
  s = sound();
  s.subscribe_reason = 1;
  BOOST_TEST(level(judge_broker(s, {}), "broker_sessions") == "ok");
}

BOOST_AUTO_TEST_CASE(a_keepalive_of_the_broker_is_judged_against_the_longest_silence_of_a_lane) {
  auto s = sound();
  broker_needs needs;
  needs.verdict_timeout = std::chrono::seconds{20};
  for (const auto& [keepalive, expected] :
       {std::pair{0, "ok"}, {10, "warning"}, {39, "warning"}, {40, "ok"}}) {
    s.terms.keep_alive = static_cast<std::uint16_t>(keepalive);
    BOOST_TEST(level(judge_broker(s, needs), "broker_sessions") == expected, keepalive);
  }
  s.terms.keep_alive = 10;
  BOOST_TEST(found(judge_broker(s, needs), "broker_sessions").mend ==
             "ingest.verdict_timeout = \"5000ms\"");
}

BOOST_AUTO_TEST_CASE(filters_match_as_the_standard_says) {
  BOOST_TEST(filter_matches("#", "a/b"));
  BOOST_TEST(filter_matches("a/#", "a"));
  BOOST_TEST(filter_matches("a/#", "a/b/c"));
  BOOST_TEST(filter_matches("+/b", "a/b"));
  BOOST_TEST(!filter_matches("+/b", "a/b/c"));
  BOOST_TEST(!filter_matches("tracker/events/#", "taylordash/doctor/x/queue"));
  BOOST_TEST(!filter_matches("a/b/c", "a/b"));
}

BOOST_AUTO_TEST_SUITE_END()
