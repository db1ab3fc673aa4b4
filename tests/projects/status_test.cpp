#include "projects/status.hpp"

#include <algorithm>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

namespace {

template <class Status>
void names_come_back() {
  for (const auto name : names_of<Status>()) {
    const auto status = named<Status>(name);
    BOOST_REQUIRE(status);
    BOOST_TEST(name_of(*status) == name);
  }
  BOOST_TEST(!named<Status>("nonsense"));
  BOOST_TEST(!named<Status>(""));
}

template <class Status>
std::vector<Status> all_of() {
  std::vector<Status> all;
  for (std::size_t i = 0; i < names_of<Status>().size(); ++i)
    all.push_back(static_cast<Status>(i));
  return all;
}

/// Nothing is a dead end, and nothing is out of reach.
template <class Status>
void every_status_reaches_every_other() {
  for (const auto from : all_of<Status>()) {
    std::vector<Status> reached{from};
    for (std::size_t i = 0; i < reached.size(); ++i) {
      for (const auto to : all_of<Status>()) {
        if (check_step(reached[i], to) &&
            std::find(reached.begin(), reached.end(), to) == reached.end())
          reached.push_back(to);
      }
    }
    BOOST_TEST(reached.size() == all_of<Status>().size(), name_of(from));
    BOOST_TEST(check_step(from, from).has_value());
  }
}

constexpr timestamp at(int second) {
  return timestamp{std::chrono::seconds{second}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(statuses)

BOOST_AUTO_TEST_CASE(names_of_all_enumerations_come_back) {
  names_come_back<project_status>();
  names_come_back<component_status>();
  names_come_back<task_status>();
  names_come_back<priority>();
}

BOOST_AUTO_TEST_CASE(no_status_is_a_dead_end) {
  every_status_reaches_every_other<project_status>();
  every_status_reaches_every_other<component_status>();
  every_status_reaches_every_other<task_status>();
}

BOOST_AUTO_TEST_CASE(a_step_that_is_not_allowed_is_refused_with_those_that_are) {
  const auto r = check_step(task_status::blocked, task_status::done);
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::conflict));
  BOOST_TEST(r.error().pointer == "/status");
  BOOST_TEST(r.error().detail ==
             "status done can't follow blocked; allowed: todo, in_progress, cancelled");
  BOOST_TEST(!check_step(project_status::planned, project_status::completed));
  BOOST_TEST(!check_step(component_status::cancelled, component_status::done));
}

BOOST_AUTO_TEST_CASE(the_first_start_stays_until_it_is_put_back) {
  auto l = after_step({}, phase::working, at(1));
  BOOST_TEST((l == life{at(1), std::nullopt}));
  l = after_step(l, phase::working, at(2));  // blocked, say
  BOOST_TEST((l == life{at(1), std::nullopt}));
  l = after_step(l, phase::done, at(3));
  BOOST_TEST((l == life{at(1), at(3)}));
  l = after_step(l, phase::working, at(4));  // opened again
  BOOST_TEST((l == life{at(1), std::nullopt}));
  BOOST_TEST((after_step(l, phase::waiting, at(5)) == life{}));
  BOOST_TEST((after_step(l, phase::abandoned, at(6)) == life{at(1), std::nullopt}));
  BOOST_TEST((after_step({}, phase::done, at(7)) == life{at(7), at(7)}));
}

RC_BOOST_PROP(whatever_the_way_only_what_is_done_is_complete_and_never_before_its_start, ()) {
  life l;
  auto status = task_status::todo;
  for (int i = 1; i < 12; ++i) {
    const auto to = static_cast<task_status>(*rc::gen::inRange(0, 5));
    if (!check_step(status, to)) continue;
    status = to;
    l = after_step(l, phase_of(status), at(i));
    RC_ASSERT(l.completed_at.has_value() == (status == task_status::done));
    if (l.completed_at) RC_ASSERT(*l.started_at <= *l.completed_at);
    if (status == task_status::todo) RC_ASSERT(!l.started_at);
    if (status == task_status::in_progress || status == task_status::blocked)
      RC_ASSERT(l.started_at.has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
