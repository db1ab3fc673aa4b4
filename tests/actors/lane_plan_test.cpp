#include "actors/lane_plan.hpp"

#include <ostream>

#include <boost/test/unit_test.hpp>

using namespace td;
using namespace std::chrono_literals;
using kind = lane_step::kind;

namespace td {
std::ostream& operator<<(std::ostream& out, const lane_step& s) {
  constexpr const char* names[]{"take", "drain", "create", "retire"};
  return out << names[static_cast<int>(s.what)] << ' ' << s.slot;
}
}  // namespace td

namespace {

enum class owner { nobody, us, another };

lane_store::listed slot(std::int32_t n, owner o, bool ordered = false, bool retiring = false) {
  return {{n, ordered, retiring, "client"}, o != owner::nobody, o == owner::us};
}

void check(const std::vector<lane_step>& got, const std::vector<lane_step>& want) {
  BOOST_CHECK_EQUAL_COLLECTIONS(got.begin(), got.end(), want.begin(), want.end());
}

const lane_planner::clock::time_point t{};

}  // namespace

BOOST_AUTO_TEST_SUITE(lane_plan_test)

BOOST_AUTO_TEST_CASE(creates_its_lanes_in_an_empty_deployment) {
  lane_planner p{{.lanes = 2}};
  check(p.plan({}, t), {{kind::create, -1}, {kind::create, -1}});
  BOOST_TEST(p.expected() == 2u);
}

BOOST_AUTO_TEST_CASE(takes_free_slots_before_it_creates_any) {
  lane_planner p{{.lanes = 2}};
  check(p.plan({slot(0, owner::another), slot(1, owner::nobody)}, t),
        {{kind::take, 1}, {kind::create, -1}});
}

BOOST_AUTO_TEST_CASE(does_nothing_when_all_is_as_wished) {
  lane_planner p{{.lanes = 2}};
  check(p.plan({slot(0, owner::us), slot(1, owner::us), slot(2, owner::another)}, t), {});
}

BOOST_AUTO_TEST_CASE(drains_an_orphan_only_after_its_node_had_time_to_come_back) {
  lane_planner p{{.lanes = 1, .orphan_after = 3000ms}};
  const std::vector<lane_store::listed> orphaned{slot(0, owner::us), slot(1, owner::nobody)};
  check(p.plan(orphaned, t), {});
  check(p.plan(orphaned, t + 2999ms), {});
  check(p.plan(orphaned, t + 3000ms), {{kind::drain, 1}});
}

BOOST_AUTO_TEST_CASE(starts_counting_again_when_the_owner_came_back) {
  lane_planner p{{.lanes = 1, .orphan_after = 3000ms}};
  check(p.plan({slot(0, owner::us), slot(1, owner::nobody)}, t), {});
  check(p.plan({slot(0, owner::us), slot(1, owner::another)}, t + 2s), {});
  check(p.plan({slot(0, owner::us), slot(1, owner::nobody)}, t + 4s), {});
}

BOOST_AUTO_TEST_CASE(retires_the_highest_slots_when_fewer_are_wished) {
  lane_planner p{{.lanes = 2}};
  check(p.plan({slot(0, owner::us), slot(1, owner::us), slot(2, owner::us), slot(3, owner::us)}, t),
        {{kind::retire, 3}, {kind::retire, 2}});
}

BOOST_AUTO_TEST_CASE(goes_on_draining_what_a_dead_node_had_begun_to_drain) {
  lane_planner p{{.lanes = 1}};
  check(p.plan({slot(0, owner::us), slot(1, owner::nobody, false, true)}, t), {{kind::drain, 1}});
}

BOOST_AUTO_TEST_CASE(owns_one_plain_lane_in_ordered_mode_and_drains_shared_ones) {
  lane_planner p{{.lanes = 4, .ordered = true}};
  check(p.plan({slot(0, owner::nobody)}, t), {{kind::create, -1}, {kind::drain, 0}});
  BOOST_TEST(p.expected() == 1u);
}

BOOST_AUTO_TEST_CASE(stands_by_in_ordered_mode_while_another_node_has_the_lane) {
  lane_planner p{{.lanes = 1, .ordered = true}};
  check(p.plan({slot(0, owner::another, true)}, t), {});
  BOOST_TEST(p.expected() == 0u);
  check(p.plan({slot(0, owner::nobody, true)}, t + 1s), {{kind::take, 0}});
}

BOOST_AUTO_TEST_SUITE_END()
