#include "standalone/demo.hpp"

#include <csignal>
#include <map>
#include <set>

#include "mqtt/lane_session.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/validate.hpp"
#include "standalone/demo_world.hpp"
#include "tests/standalone/support.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seed = 20261120;

struct sample {
  explicit sample(std::size_t n, std::uint64_t from = seed) {
    demo_world world{from};
    auto raw = std::make_shared<batch>();
    const auto begin = now();
    for (std::size_t i = 0; i < n; ++i) {
      messages.push_back(world.next(begin + std::chrono::milliseconds{i}));
      raw->add(messages.back().topic, messages.back().body, begin);
    }
    validator check{{}, std::make_shared<open_schema_set>()};
    checked = check.check(raw, begin + std::chrono::milliseconds{n});
  }

  std::vector<demo_message> messages;
  checked_batch checked;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(demo_test)

BOOST_AUTO_TEST_CASE(breaks_about_one_message_in_fifty_and_exactly_those_it_says) {
  const sample s{5000};
  std::set<std::uint32_t> rejected;
  for (const auto& r : s.checked.rejects)
    rejected.insert(r.message);
  std::size_t broken = 0;
  for (std::uint32_t i = 0; i < s.messages.size(); ++i) {
    const auto& m = s.messages[i];
    BOOST_TEST(rejected.contains(i) == m.broken, m.topic << " " << m.body);
    broken += m.broken ? 1 : 0;
  }
  BOOST_TEST(broken > 60u);
  BOOST_TEST(broken < 140u);
}

BOOST_AUTO_TEST_CASE(breaks_messages_in_a_dozen_ways) {
  const sample s{5000};
  std::set<std::string_view> codes;
  for (const auto& r : s.checked.rejects)
    codes.insert(name_of(r.why.code));
  BOOST_TEST(codes.size() == 12u);
}

BOOST_AUTO_TEST_CASE(gives_every_event_an_id_of_its_own) {
  const sample s{5000};
  std::set<uuid> ids;
  for (const auto& e : s.checked.events)
    ids.insert(e.event_id);
  BOOST_TEST(ids.size() == s.checked.events.size());
}

BOOST_AUTO_TEST_CASE(tells_lives_that_begin_and_end) {
  const sample s{5000};
  std::map<std::string_view, int> kinds;
  for (const auto& e : s.checked.events)
    ++kinds[s.checked.kind(e)];
  BOOST_TEST(kinds["project_created"] == 4);
  BOOST_TEST(kinds["component_created"] == 16);
  for (const auto* kind :
       {"task_created", "task_updated", "task_commented", "task_archived", "component_updated"}) {
    BOOST_TEST(kinds[kind] > 50, kind);
  }
  for (const auto* status : {"todo", "in_progress", "blocked", "done", "cancelled"}) {
    const auto wanted = std::string{"\"status\":\""} + status + '"';
    BOOST_TEST(std::any_of(s.messages.begin(), s.messages.end(),
                           [&](const auto& m) { return contains(m.body, wanted); }),
               status);
  }
}

BOOST_AUTO_TEST_CASE(tells_the_same_story_for_the_same_seed) {
  const auto story = [](std::uint64_t from) {
    demo_world world{from};
    std::string text;
    for (int i = 0; i < 500; ++i)
      text += world.next(timestamp{std::chrono::seconds{i}}).body;
    return text;
  };
  BOOST_TEST((story(1) == story(1)));
  BOOST_TEST((story(1) != story(2)));
}

BOOST_AUTO_TEST_CASE(keeps_a_pace_between_five_and_twenty_with_bursts) {
  demo_pace pace{seed};
  std::chrono::microseconds total{0};
  int at_once = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto wait = pace.next();
    at_once += wait.count() == 0 ? 1 : 0;
    total += wait;
  }
  const double rate = 20000.0 / std::chrono::duration<double>(total).count();
  BOOST_TEST(rate > 5.0);
  BOOST_TEST(rate < 25.0);
  BOOST_TEST(at_once > 1000);
}

BOOST_AUTO_TEST_CASE(holds_events_until_somebody_has_them_even_when_the_broker_is_killed) {
  const instance_folder folder;
  const running_instance running{prepared(folder)};
  const auto join = [&] {
    auto lane = make_lane_session({.broker = running->broker().as_service(),
                                   .client_id = "lane",
                                   .subscription = "tracker/events/#"});
    return lane;
  };
  auto lane = join();
  must(lane->connect());
  std::set<std::string> received;
  const auto receive = [&] {
    batch into;
    const auto n = lane->read(into, 50ms);
    if (!n) return (void)lane->connect();
    for (const auto& m : into.messages())
      received.insert(std::string{into.body(m)});
    if (*n > 0) (void)lane->acknowledge();
  };
  demo_counts counts;
  {
    const demo_producer demo{running->broker().as_producer(), seed};
    BOOST_TEST(eventually([&] { return receive(), demo.counts().acknowledged >= 40; }, 60s));
    BOOST_REQUIRE(::kill(running->broker().pid(), SIGKILL) == 0);
    const auto before = demo.counts().acknowledged;
    BOOST_TEST(
        eventually([&] { return receive(), demo.counts().acknowledged >= before + 40; }, 60s));
    counts = demo.counts();
  }
  BOOST_TEST(eventually([&] { return receive(), received.size() >= counts.acknowledged; }));
  BOOST_TEST(counts.broken < counts.events);
}

BOOST_AUTO_TEST_SUITE_END()
