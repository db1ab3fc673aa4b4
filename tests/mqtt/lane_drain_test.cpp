// A lane leaves for good: its session ends when it holds nothing more, and not before.

#include <thread>

#include <boost/test/unit_test.hpp>

#include "mqtt/lane_session.hpp"
#include "tests/mqtt/wire_script.hpp"

using namespace td;
using namespace td::test;

BOOST_AUTO_TEST_SUITE(a_lane_that_leaves_for_good)

BOOST_AUTO_TEST_CASE(ends_its_session) {
  broker b;
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE(lane->connect());
  BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
  const auto drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(*drained);
  BOOST_REQUIRE_EQUAL(text_of(lane->end_session()), "success");
  const auto next = lane->connect();
  BOOST_REQUIRE(next);
  BOOST_TEST(!*next);
}

BOOST_AUTO_TEST_CASE(drains_it_with_a_live_publisher_and_loses_nothing) {
  broker b;
  auto leaving_options = lane_to(b.options(), "lane-0");
  leaving_options.limits.events = 200;
  const auto leaving = make_lane_session(leaving_options);
  const auto staying = make_lane_session(lane_to(b.options(), "lane-1"));
  BOOST_REQUIRE(leaving->connect());
  BOOST_REQUIRE(staying->connect());
  constexpr std::size_t total = 20'000;
  publish(b.options(), 0, 5000, 100);  // a backlog first, then live
  std::exception_ptr producer_failed;
  std::thread producer([&] {
    try {
      publish(b.options(), 5000, total - 5000, 100, "live-producer");
    } catch (...) {
      producer_failed = std::current_exception();
    }
  });
  committed_numbers all;
  consume(*leaving, all, 1000);
  BOOST_TEST(text_of(leaving->unsubscribe()) == "success");
  bool ended = false;
  const auto until = steady::now() + 30s;
  while (!ended && steady::now() < until) {
    batch read;
    const auto added = leaving->read(read, 0ms);
    BOOST_REQUIRE_EQUAL(text_of(added), "success");
    if (!read.empty()) {
      all.commit(read);
      BOOST_REQUIRE_EQUAL(text_of(leaving->acknowledge()), "success");
      continue;
    }
    const auto drained = leaving->drained();
    BOOST_REQUIRE_EQUAL(text_of(drained), "success");
    if (*drained) {
      BOOST_REQUIRE_EQUAL(text_of(leaving->end_session()), "success");
      ended = true;
    }
  }
  BOOST_TEST(ended);
  consume(*staying, all, total, 30s);
  producer.join();
  BOOST_REQUIRE(!producer_failed);
  BOOST_TEST(all.missing(0, total) == 0u);
  BOOST_TEST(all.repeated() == 0u);
}

BOOST_AUTO_TEST_CASE(ends_no_session_whose_subscription_the_broker_does_not_end) {
  const temp_dir rules;
  const std::string file = rules.write("rules.json", R"({"defaultACLAccess":{"subscribe":true,
      "unsubscribe":false,"publishClientSend":true,"publishClientReceive":true}})");
  broker b({.further = {"plugin mosquitto_dynamic_security.so", "plugin_opt_config_file " + file}});
  const auto lane = make_lane_session(lane_to(b.options()));
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  constexpr std::size_t total = 3000;
  std::thread producer([&] { publish(b.options(), 0, total); });
  committed_numbers all;
  consume(*lane, all, 100);
  BOOST_TEST(text_of(lane->unsubscribe()) == "success");
  auto drained = result<bool>{false};
  for (const auto until = steady::now() + 20s; drained && !*drained && steady::now() < until;) {
    batch read;
    BOOST_REQUIRE_EQUAL(text_of(lane->read(read, 0ms)), "success");
    all.commit(read);
    BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
    drained = lane->drained();
  }
  producer.join();
  BOOST_REQUIRE(!drained);
  BOOST_TEST((drained.error().code == errc::broker_refused), to_string(drained.error()));
  BOOST_TEST(drained.error().detail.find("was refused: not authorized (0x87)") != std::string::npos,
             drained.error().detail);
  const auto again = lane->connect();
  BOOST_REQUIRE_EQUAL(text_of(again), "success");
  BOOST_TEST(*again);
  consume(*lane, all, total);
  BOOST_TEST(all.missing(0, total) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(before_a_session_is_ended)

BOOST_AUTO_TEST_CASE(an_answer_to_another_unsubscribe_ends_no_session) {
  scripted_server b({connack, suback, message_of(1, 1) + "\xb0\x04\x00\x02\x00\x00"s, "",
                     "\xb0\x04\x00\x03\x00\x00"s});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
  auto drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(!*drained);
  BOOST_CHECK_THROW(lane->end_session().has_value(), std::logic_error);
  batch read;
  read_until(*lane, read, 1);
  BOOST_REQUIRE_EQUAL(read.size(), 1u);
  const auto heard = b.heard().size();
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  b.await_heard(heard + 4, 5s);  // the PUBACK by itself: the script answers each read once
  drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(*drained);
}

BOOST_AUTO_TEST_CASE(an_unsubscribe_that_was_refused_ends_no_session) {
  for (const unsigned char code : {0x80, 0x83, 0x87}) {
    scripted_server b({connack, suback, "\xb0\x04\x00\x02\x00"s + static_cast<char>(code)});
    const auto lane = lane_at(b);
    BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
    BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
    const auto drained = lane->drained();
    BOOST_REQUIRE(!drained);
    BOOST_TEST((drained.error().code == errc::broker_refused), to_string(drained.error()));
    BOOST_TEST(drained.error().detail.find("was refused: ") != std::string::npos,
               drained.error().detail);
    BOOST_TEST(!lane->connected());
    const auto heard = b.heard();
    BOOST_TEST(!lane->end_session());
    BOOST_TEST((b.await_heard(heard.size() + 1, 50ms) == heard));  // no DISCONNECT
  }
  for (const unsigned char code : {0x00, 0x11}) {  // 0x11: it was ended before
    scripted_server b({connack, suback, "\xb0\x04\x00\x02\x00"s + static_cast<char>(code)});
    const auto lane = lane_at(b);
    BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
    BOOST_CHECK_THROW(lane->end_session().has_value(), std::logic_error);
    BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
    BOOST_CHECK_THROW(lane->end_session().has_value(), std::logic_error);
    const auto drained = lane->drained();
    BOOST_REQUIRE_EQUAL(text_of(drained), "success");
    BOOST_TEST(*drained);
  }
}

BOOST_AUTO_TEST_CASE(a_suback_behind_the_backlog_does_not_undo_unsubscribe) {
  scripted_server b({connack + message_of(1, 1), suback + "\xb0\x04\x00\x02\x00\x00"s});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  batch read;
  read_until(*lane, read, 1);
  BOOST_REQUIRE_EQUAL(read.size(), 1u);
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");  // and subscribes
  BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
  batch none;
  read_until(*lane, none, 1, 200ms);
  BOOST_REQUIRE_EQUAL(none.size(), 0u);
  const auto drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(*drained);
}

BOOST_AUTO_TEST_CASE(half_a_message_behind_unsuback_is_not_thrown_away_either) {
  const auto half = message_of(1, 1, 100);
  scripted_server b({connack, suback, "\xb0\x04\x00\x02\x00\x00"s + half.substr(0, 50),
                     half.substr(50) + "\xb0\x04\x00\x03\x00\x00"s, "",
                     "\xb0\x04\x00\x04\x00\x00"s});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
  batch read;
  read_until(*lane, read, 1, 200ms);  // the half is here
  BOOST_REQUIRE_EQUAL(read.size(), 0u);
  auto drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(!*drained);
  BOOST_CHECK_THROW(lane->end_session().has_value(), std::logic_error);
  BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");  // for the script
  read_until(*lane, read, 1);
  BOOST_REQUIRE_EQUAL(read.size(), 1u);
  const auto heard = b.heard().size();
  BOOST_REQUIRE_EQUAL(text_of(lane->acknowledge()), "success");
  b.await_heard(heard + 4, 5s);  // the PUBACK by itself
  drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(*drained);
}

BOOST_AUTO_TEST_CASE(a_message_behind_unsuback_is_not_thrown_away_with_the_session) {
  scripted_server b({connack, suback, "\xb0\x04\x00\x02\x00\x00"s + message_of(1, 1)});
  const auto lane = lane_at(b);
  BOOST_REQUIRE_EQUAL(text_of(lane->connect()), "success");
  BOOST_REQUIRE_EQUAL(text_of(lane->unsubscribe()), "success");
  const auto drained = lane->drained();
  BOOST_REQUIRE_EQUAL(text_of(drained), "success");
  BOOST_TEST(!*drained);
  batch read;
  read_until(*lane, read, 1);
  BOOST_TEST(read.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
