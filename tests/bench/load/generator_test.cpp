#include "bench/load/generator.hpp"

#include <set>
#include <stop_token>
#include <string>

#include <boost/test/unit_test.hpp>

#include "bench/load/event_form.hpp"
#include "tests/support/broker.hpp"

using namespace std::chrono_literals;
using namespace td::bench;

namespace {

/// Reads `count` messages from a lane, and gives up after ten seconds without any.
void read_all(td::lane_session& lane, td::batch& into, std::size_t count) {
  while (into.size() < count) {
    const auto more = lane.read(into, 10s);
    BOOST_REQUIRE(more.has_value());
    BOOST_REQUIRE(*more > 0u);
  }
}

struct listening_broker {
  td::test::broker broker{};
  std::unique_ptr<td::lane_session> lane =
      td::make_lane_session({.broker = broker.options(),
                             .client_id = "listener",
                             .subscription = "tracker/events/#",
                             .limits = {.events = 100'000, .bytes = 100u << 20}});

  listening_broker() { BOOST_REQUIRE(lane->connect().has_value()); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(generators)

BOOST_FIXTURE_TEST_CASE(break_as_many_events_as_they_are_told, listening_broker) {
  const auto report = generate(
      {.broker = broker.options(), .events = 400, .producers = 2, .window = 50, .invalid = 25}, {});
  BOOST_REQUIRE(report.has_value());
  td::batch all;
  read_all(*lane, all, 400);
  std::size_t broken = 0;
  for (const auto& m : all.messages())
    broken += event_form::task_id.in(all.body(m)).front() == 'x' ? 1u : 0u;
  BOOST_TEST(broken == 100u);
}

BOOST_FIXTURE_TEST_CASE(publish_every_event_once_and_report_its_id, listening_broker) {
  const auto report =
      generate({.broker = broker.options(), .events = 1000, .producers = 3, .window = 50}, {});
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->published == 1000u);

  td::batch all;
  read_all(*lane, all, 1000);
  std::set<std::string_view> ids;
  std::uint64_t sum = 0;
  for (const auto& m : all.messages()) {
    BOOST_TEST(all.topic(m) == event_form::topic);
    const auto id = event_form::event_id.in(all.body(m));
    ids.insert(id);
    sum += std::stoull(std::string{id.substr(0, 8)}, nullptr, 16);
  }
  BOOST_TEST(ids.size() == 1000u);
  BOOST_TEST(report->id_sum == sum);
}

BOOST_FIXTURE_TEST_CASE(stamp_paced_events_with_the_time_they_were_due, listening_broker) {
  constexpr double rate = 2000;
  const auto begin = td::now();
  const auto report = generate(
      {.broker = broker.options(), .events = 200, .producers = 2, .window = 50, .rate = rate}, {});
  const auto end = td::now();
  BOOST_REQUIRE(report.has_value());

  td::batch all;
  read_all(*lane, all, 200);
  std::set<td::timestamp> due[2];
  for (const auto& m : all.messages()) {
    const auto body = all.body(m);
    const auto producer = event_form::producer.in(body);
    due[producer == "01" ? 1 : 0].insert(*td::parse_rfc3339(event_form::occurred_at.in(body)));
  }
  for (const auto& of_one : due) {
    BOOST_REQUIRE(of_one.size() == 100u);
    // Each producer's events are due two periods apart, however late they were sent.
    auto expected = *of_one.begin();
    for (const auto t : of_one) {
      BOOST_TEST(std::abs((t - expected).count()) <= 1);
      expected += 1000us;
    }
    BOOST_TEST((*of_one.begin() >= begin));
    BOOST_TEST((*of_one.rbegin() <= end));
  }
}

BOOST_AUTO_TEST_CASE(fail_when_the_broker_refuses_events) {
  td::test::broker broker{{.users = {{"producer", "secret"}}, .acl = "user producer\n"}};
  auto to = broker.options();
  to.username = "producer";
  to.password = "secret";
  const auto report = generate({.broker = to, .events = 10, .producers = 1}, {});
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == td::errc::broker_refused));
}

BOOST_AUTO_TEST_CASE(stop_when_asked) {
  td::test::broker broker;
  std::stop_source stop;
  stop.request_stop();
  const auto report = generate({.broker = broker.options(), .events = 1'000'000}, stop.get_token());
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == td::errc::stopping));
}

BOOST_AUTO_TEST_CASE(report_in_a_line_that_reads_back) {
  const load_report report{.published = 400'000, .id_sum = ~0ull};
  const auto back = parse_load_report(to_text(report));
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST((*back == report));
  for (const auto* line : {"", "load published=", "load published=1", "load published=1 id_sum=",
                           "load published=1 id_sum=2 ", "x load published=1 id_sum=2"})
    BOOST_TEST(!parse_load_report(line).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
