#include "actors/supervisor.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

using obedient = handle<void(tick)>;

struct fixture : test::deterministic {
  std::vector<std::string> events;
  std::map<std::string, caf::actor> running;
  std::set<std::string> stubborn;
  std::optional<failure> fatal;
  supervisor_actor supervisor;

  fixture() {
    shared->fatal = [this](const failure& f) { fatal = f; };
    const auto child = [this](const std::string& n, restart_rule rule) {
      return child_spec{n,
                        [this, n](caf::actor_system& s) {
                          events.push_back("start " + n);
                          return running[n] = s.spawn([this, n](caf::event_based_actor* me) {
                            me->set_exit_handler([this, n, me](caf::exit_msg& m) {
                              if (stubborn.contains(n)) return;
                              events.push_back("stop " + n);
                              me->quit(m.reason);
                            });
                            return caf::behavior{[](const tick&) {}};
                          });
                        },
                        rule, 500ms};
    };
    supervisor = make_supervisor(
        sys, shared,
        {child("source", restart_rule{2, 60s, 100ms, 1s}), child("sink", never_restart)});
    run();
  }
  ~fixture() {
    running.clear();
    if (supervisor) end(supervisor, caf::exit_reason::kill);
  }
  void kill(const std::string& n) {
    self->send_exit(running[n], caf::exit_reason::kill);
    run();
  }
  void check_events(std::vector<std::string> want) {
    BOOST_TEST(events == want, boost::test_tools::per_element());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_test, fixture)

BOOST_AUTO_TEST_CASE(starts_sinks_first_and_stops_sources_first) {
  const auto done = ask<stopped>(supervisor, stop_all{});
  BOOST_TEST(done.value().forced == 0u);
  check_events({"start sink", "start source", "stop source", "stop sink"});
}

BOOST_AUTO_TEST_CASE(restarts_a_child_after_its_backoff) {
  kill("source");
  advance(99ms);
  BOOST_TEST(events.size() == 2u);
  advance(1ms);
  BOOST_TEST(events.back() == "start source");
}

BOOST_AUTO_TEST_CASE(ends_the_service_when_a_budget_is_spent) {
  for (int i = 0; i < 3; ++i) {
    kill("source");
    advance(1s);
  }
  BOOST_TEST(fatal.has_value());
}

BOOST_AUTO_TEST_CASE(ends_the_service_when_a_child_without_budget_ends) {
  kill("sink");
  BOOST_TEST(fatal.has_value());
}

BOOST_AUTO_TEST_CASE(kills_a_child_that_does_not_stop_in_time_and_goes_on) {
  stubborn = {"source"};
  auto pending = self->request(supervisor, caf::infinite, stop_all{});
  run();
  advance(499ms);
  BOOST_TEST(events.size() == 2u);
  advance(1ms);
  check_events({"start sink", "start source", "stop sink"});
  pending.receive([](const stopped& s) { BOOST_TEST(s.forced == 1u); },
                  [](const caf::error&) { BOOST_ERROR("no answer"); });
}

BOOST_AUTO_TEST_CASE(restarts_nothing_while_it_stops) {
  stubborn = {"sink"};
  auto pending = self->request(supervisor, caf::infinite, stop_all{});
  run();
  advance(10s);
  BOOST_TEST(std::count(events.begin(), events.end(), "start source") == 1);
  pending.receive([](const stopped&) {}, [](const caf::error&) { BOOST_ERROR("no answer"); });
}

BOOST_AUTO_TEST_CASE(ends_the_waits_of_all_before_it_kills_anybody) {
  end(supervisor, caf::exit_reason::kill);
  stubborn = {"source"};
  std::vector<std::string> hurried;
  const auto child = [&](const std::string& n, bool at_once) {
    return child_spec{n,
                      [this, n](caf::actor_system& s) {
                        return running[n] = s.spawn([this, n](caf::event_based_actor* me) {
                          me->set_exit_handler([this, n, me](caf::exit_msg& m) {
                            if (!stubborn.contains(n)) me->quit(m.reason);
                          });
                          return caf::behavior{[](const tick&) {}};
                        });
                      },
                      never_restart,
                      400ms,
                      [this, &hurried, n] {
                        hurried.push_back(n);
                        if (stubborn.erase(n) > 0)  // what it waited for has ended
                          self->send_exit(running[n], caf::exit_reason::user_shutdown);
                      },
                      at_once};
  };
  supervisor = make_supervisor(
      sys, shared, {child("source", false), child("sink", false), child("aside", true)});
  run();
  auto pending = self->request(supervisor, caf::infinite, stop_all{});
  run();
  BOOST_TEST(hurried == std::vector<std::string>{"aside"}, boost::test_tools::per_element());
  advance(400ms);
  BOOST_TEST(hurried == (std::vector<std::string>{"aside", "source", "sink", "aside"}),
             boost::test_tools::per_element());
  pending.receive([](const stopped& s) { BOOST_TEST(s.forced == 0u); },
                  [](const caf::error&) { BOOST_TEST(false); });
  supervisor = supervisor_actor{};
}

BOOST_AUTO_TEST_SUITE_END()
