#include "bench/load/generator.hpp"

#include <csignal>
#include <future>
#include <map>
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

/// A load under way in a thread of its own.
class result_of {
 public:
  result_of(td::test::broker&, load what)
      : future_{std::async(std::launch::async, [what] { return generate(what, {}); })} {}

  bool still_runs_after(std::chrono::milliseconds t) {
    return future_.wait_for(t) == std::future_status::timeout;
  }
  td::result<load_report> take() {
    BOOST_REQUIRE((future_.wait_for(30s) == std::future_status::ready));
    return future_.get();
  }

 private:
  std::future<td::result<load_report>> future_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(generators)

BOOST_FIXTURE_TEST_CASE(break_as_many_events_as_they_are_told, listening_broker) {
  const auto report = generate({.broker = broker.options(),
                                .events = 400,
                                .producers = 2,
                                .window = 50,
                                .mix = {.invalid = 25}},
                               {});
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
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->cut);
  BOOST_TEST(report->unsent == 1'000'000u - report->sent());
}

BOOST_FIXTURE_TEST_CASE(report_what_was_done_until_a_stop, listening_broker) {
  std::stop_source stop;
  unsigned begun = 0;
  const load what{.broker = broker.options(),
                  .events = 1'000'000,
                  .producers = 2,
                  .rate = 1000,
                  .begins = [&](auto, auto) { ++begun; }};
  auto done = std::async(std::launch::async, [&] { return generate(what, stop.get_token()); });
  td::batch some;
  read_all(*lane, some, 100);
  stop.request_stop();
  const auto report = done.get();
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->cut);
  BOOST_TEST(begun == 1u);
  BOOST_TEST(report->sent() >= 100u);
  BOOST_TEST(report->lateness.count() >= 100u);
  BOOST_TEST(report->unsent >= 1'000'000u - report->sent());
  BOOST_TEST(report->unsent <= 1'000'000u - 100u);
  BOOST_TEST(report->handed_over.count() > 0);
  BOOST_TEST((report->handed_over <= report->took));
}

BOOST_FIXTURE_TEST_CASE(repeat_and_delay_and_break_as_many_events_as_they_are_told,
                        listening_broker) {
  const load what{.broker = broker.options(),
                  .producers = 2,
                  .window = 50,
                  .mix = {.sizes = {{350, 3}, {400, 1}, {5000, 1}},
                          .invalid = 10,
                          .duplicate = 20,
                          .out_of_order = 30,
                          .late_by_seconds = 60},
                  .profile = load_profile{.pieces = {{1000, 3000, 200ms}}}};
  BOOST_REQUIRE(what.total() == 400u);
  const auto report = generate(what, {});
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->sent() == 400u);
  BOOST_TEST(report->duplicates == 80u);
  BOOST_TEST(report->published == 320u);
  BOOST_TEST(report->invalid == 40u);
  BOOST_TEST(report->out_of_order == 120u);
  BOOST_TEST(report->unheard == 0u);
  BOOST_TEST(report->lateness.count() == 400u);
  BOOST_TEST(report->acknowledged.count() == 400u);
  BOOST_TEST((report->acknowledged.most() >= report->lateness.at(0.5)));

  td::batch all;
  read_all(*lane, all, 400);
  std::map<std::string, std::string> bodies;  // by id
  std::map<std::size_t, unsigned> sizes;
  std::uint64_t sum = 0;
  unsigned repeated = 0, broken = 0, late = 0;
  for (const auto& m : all.messages()) {
    const std::string body{all.body(m)};
    const std::string id{event_form::event_id.in(body)};
    const auto [known, fresh] = bodies.emplace(id, body);
    if (!fresh) {
      ++repeated;
      BOOST_TEST(known->second == body);  // byte for byte
      continue;
    }
    ++sizes[body.size()];
    sum += std::stoull(id.substr(0, 8), nullptr, 16);
    broken += event_form::task_id.in(body).front() == 'x' ? 1u : 0u;
    const auto due = due_in(event_form::trace_id.in(body));
    const auto occurred = *td::parse_rfc3339(event_form::occurred_at.in(body));
    BOOST_TEST((due >= report->started_at));
    BOOST_TEST((due <= report->started_at + 200ms));
    BOOST_TEST((occurred <= due));
    BOOST_TEST((due - occurred <= 60s));
    late += occurred < due ? 1u : 0u;
  }
  BOOST_TEST(repeated == 80u);
  BOOST_TEST(broken == 40u);
  BOOST_TEST(late == 120u);
  BOOST_TEST(sum == report->id_sum);
  BOOST_TEST(sizes.size() == 3u);
  BOOST_TEST(sizes[350] == 192u);
  BOOST_TEST(sizes[400] == 64u);
  BOOST_TEST(sizes[5000] == 64u);
}

BOOST_AUTO_TEST_CASE(count_events_that_nobody_subscribes_to) {
  td::test::broker broker;
  const auto report = generate({.broker = broker.options(), .events = 50, .producers = 2}, {});
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->published == 50u);
  BOOST_TEST(report->unheard == 50u);
}

/// A broker that stands still: the events go out late, and the schedule does not move.
BOOST_FIXTURE_TEST_CASE(say_how_late_they_were_and_keep_the_due_times, listening_broker) {
  result_of stalled{broker,
                    {.broker = broker.options(),
                     .producers = 1,
                     .window = 20,
                     .profile = load_profile{.pieces = {{500, 500, 1s}}}}};
  td::batch all;
  read_all(*lane, all, 50);  // it runs
  broker.process().signal(SIGSTOP);
  BOOST_TEST_REQUIRE(stalled.still_runs_after(1500ms));
  broker.process().signal(SIGCONT);
  const auto report = stalled.take();
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->published == 500u);
  BOOST_TEST((report->acknowledged.most() >= 1s));
  BOOST_TEST((report->lateness.at(0.99) >= 500ms));
  // Most of what was due in the 1.5 s, but for the window of 20 that was out
  BOOST_TEST(report->held_up >= 300u);
  BOOST_TEST(report->held_up < 500u);
  const auto why = distrust(*report);
  BOOST_REQUIRE(why.has_value());
  BOOST_TEST(why->find("the broker had no room") != std::string::npos);

  BOOST_TEST_REQUIRE(lane->acknowledge().has_value());
  td::batch rest;
  read_all(*lane, rest, 500 - all.size());
  for (const auto& m : rest.messages()) {
    const auto due = due_in(event_form::trace_id.in(rest.body(m)));
    BOOST_TEST((due <= report->started_at + 1s));
  }
}

/// All of it was handed over on time; that the broker has not answered is the broker's affair.
BOOST_FIXTURE_TEST_CASE(are_on_time_when_only_acknowledgements_are_missing, listening_broker) {
  std::stop_source stop;
  const load what{.broker = broker.options(),
                  .producers = 1,
                  .profile = load_profile{.pieces = {{200, 200, 1s}}}};
  auto done = std::async(std::launch::async, [&] { return generate(what, stop.get_token()); });
  td::batch all;
  read_all(*lane, all, 20);
  broker.process().signal(SIGSTOP);
  BOOST_TEST_REQUIRE((done.wait_for(2s) == std::future_status::timeout));
  stop.request_stop();
  const auto report = done.get();
  broker.process().signal(SIGCONT);
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->cut);
  BOOST_TEST(report->unsent == 0u);
  BOOST_TEST(report->held_up == 0u);
  BOOST_TEST((report->handed_over < 1500ms));
  BOOST_TEST((report->took >= 2s));
}

BOOST_AUTO_TEST_CASE(fail_when_there_is_no_broker) {
  td::broker_options nowhere{.port = td::test::free_port(), .connect_timeout = 500ms};
  const auto report = generate({.broker = nowhere, .events = 10}, {});
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == td::errc::broker_away));
  BOOST_TEST(report.error().detail.find(std::to_string(nowhere.port)) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(fail_when_the_broker_goes_away_meanwhile, listening_broker) {
  result_of cut{broker,
                {.broker = broker.options(),
                 .producers = 3,
                 .profile = load_profile{.pieces = {{200, 200, 60s}}}}};
  td::batch all;
  read_all(*lane, all, 20);
  broker.kill();
  const auto report = cut.take();
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == td::errc::broker_away));
}

BOOST_AUTO_TEST_CASE(refuse_a_mix_that_can_not_be_before_they_connect) {
  const auto report = generate({.events = 10, .mix = {.invalid = 60, .duplicate = 60}}, {});
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == td::errc::configuration_invalid));
}

BOOST_AUTO_TEST_SUITE_END()
