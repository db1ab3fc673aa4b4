#include "actors/lanes.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/deterministic.hpp"
#include "tests/actors/fakes.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

/// A node: its own LANES and board, on a table of slots that it may share with others.
struct node {
  test::deterministic& world;
  std::shared_ptr<test::slot_table> table;
  shared_context shared;
  std::map<std::int32_t, std::shared_ptr<test::fake_session>> sessions;
  std::optional<failure> fatal;
  lanes_actor lanes{};

  node(test::deterministic& w, std::shared_ptr<test::slot_table> t, validator_actor validators,
       std::size_t wanted, bool ordered = false)
      : world{w}, table{std::move(t)} {
    settings s;
    s.ingest.lanes = wanted;
    s.ingest.ordered = ordered;
    shared = std::make_shared<context>(s, "test", "node");
    shared->fatal = [this](const failure& f) { fatal = f; };
    lanes = make_scheduled_lanes(
        world.sys, {.shared = shared,
                    .validators = validators,
                    .open_store = [this]() -> result<std::unique_ptr<lane_store>> {
                      if (table->away) return failure{errc::database_away, "away"};
                      return std::make_unique<test::fake_lane_store>(table);
                    },
                    .open_session = [this](const lane_slot& slot) -> std::unique_ptr<lane_session> {
                      auto& known = sessions[slot.slot];
                      if (!known) known = std::make_shared<test::fake_session>();
                      return std::make_unique<test::borrowed_session>(known);
                    },
                    .spawn_ingest =
                        [](caf::actor_system& sys, ingest_parts parts) {
                          parts.turn_interval = 10ms;
                          return make_scheduled_ingest(sys, std::move(parts));
                        }});
    world.run();
  }

  void stop(caf::exit_reason reason = caf::exit_reason::user_shutdown) {
    if (lanes) world.end(lanes, reason);
  }
  std::size_t running() const { return shared->board.lanes().size(); }
};

struct fixture : test::deterministic {
  std::shared_ptr<test::slot_table> table = std::make_shared<test::slot_table>();
  validator_actor validators = sys.spawn([](validator_actor::pointer)
                                             -> validator_actor::behavior_type {
    return {[](const burst& b) {
      return outcome{{.of = b.raw->from, .stored = static_cast<std::uint32_t>(b.raw->size())}, {}};
    }};
  });
  std::vector<std::unique_ptr<node>> nodes;

  node& add_node(std::size_t wanted, bool ordered = false) {
    nodes.push_back(std::make_unique<node>(*this, table, validators, wanted, ordered));
    return *nodes.back();
  }
  ~fixture() {
    for (auto& n : nodes)
      n->stop();
    end(validators);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lanes_test, fixture)

BOOST_AUTO_TEST_CASE(runs_as_many_lanes_as_wished_and_is_then_ready) {
  auto& a = add_node(3);
  advance(100ms);
  BOOST_TEST(a.running() == 3u);
  BOOST_TEST(table->rows.size() == 3u);
  BOOST_TEST(a.shared->board.ready());
}

BOOST_AUTO_TEST_CASE(never_shares_a_slot_with_another_node) {
  add_node(2);
  auto& b = add_node(2);
  advance(2s);
  BOOST_TEST(table->rows.size() == 4u);
  for (const auto& l : b.shared->board.lanes())
    BOOST_TEST(l.slot >= 2);
}

BOOST_AUTO_TEST_CASE(adopts_and_drains_the_slots_of_a_node_that_is_gone_within_ten_seconds) {
  auto& a = add_node(1);
  auto& b = add_node(2);
  advance(2s);
  b.stop(caf::exit_reason::kill);
  a.sessions[1] = b.sessions[1];  // the broker's sessions outlive the node
  a.sessions[2] = b.sessions[2];
  b.sessions[1]->queued = {"x", "y"};
  advance(10s);
  BOOST_TEST(b.sessions[1]->acknowledged.size() == 2u);
  BOOST_TEST(b.sessions[1]->ended);
  BOOST_TEST(b.sessions[2]->ended);
  BOOST_TEST(table->rows.size() == 1u);
  BOOST_TEST(a.running() == 1u);
}

BOOST_AUTO_TEST_CASE(drains_what_is_too_many_after_a_restart_with_fewer_lanes) {
  auto& before = add_node(4);
  advance(1s);
  before.stop();
  auto& after = add_node(2);
  after.sessions = before.sessions;
  after.sessions[3]->queued = {"left behind"};
  advance(10s);
  BOOST_TEST(table->rows.size() == 2u);
  BOOST_TEST(after.running() == 2u);
  BOOST_TEST(after.sessions[3]->acknowledged.size() == 1u);
}

BOOST_AUTO_TEST_CASE(keeps_its_slots_through_a_restart) {
  auto& before = add_node(2);
  advance(1s);
  before.stop();
  BOOST_TEST(table->rows.size() == 2u);
  BOOST_TEST(before.sessions[0]->left == 1);
  BOOST_TEST(!before.sessions[0]->ended);
  add_node(2);
  advance(10s);
  BOOST_TEST(table->rows.size() == 2u);
}

BOOST_AUTO_TEST_CASE(leases_its_slots_again_when_the_database_comes_back) {
  auto& a = add_node(2);
  advance(1s);
  table->away = true;
  advance(5s);
  BOOST_TEST(!a.shared->board.ready());
  a.sessions[0]->drop();
  advance(5s);
  BOOST_TEST(!a.sessions[0]->connected());  // no lease, no connection
  table->away = false;
  advance(3s);
  BOOST_TEST(a.sessions[0]->connected());
  BOOST_TEST(a.shared->board.ready());
}

BOOST_AUTO_TEST_CASE(ends_a_lane_whose_slot_was_taken_while_the_database_was_away) {
  auto& a = add_node(1);
  advance(1s);
  table->away = true;
  advance(2s);
  table->away = false;
  int stranger = 0;
  table->rows[0].owner = &stranger;
  advance(5s);
  BOOST_TEST(table->rows.size() == 1u);  // it may be our own last connection that still has it
  advance(5s);
  const auto lanes = a.shared->board.lanes();
  BOOST_REQUIRE_EQUAL(lanes.size(), 1u);
  BOOST_TEST(lanes[0].slot == 1);  // a new one; slot 0 is the stranger's
}

BOOST_AUTO_TEST_CASE(stands_by_in_ordered_mode_and_takes_over) {
  auto& a = add_node(1, true);
  auto& b = add_node(1, true);
  advance(2s);
  BOOST_TEST(a.running() == 1u);
  BOOST_TEST(b.running() == 0u);
  BOOST_TEST(b.shared->board.ready());
  a.stop(caf::exit_reason::kill);
  advance(3s);
  BOOST_TEST(b.running() == 1u);
  BOOST_TEST(table->rows.size() == 1u);
}

BOOST_AUTO_TEST_CASE(leaves_no_lane_behind_when_it_is_killed_itself) {
  auto& a = add_node(2);
  advance(1s);
  a.stop(caf::exit_reason::kill);
  run();
  BOOST_TEST(a.running() == 0u);
}

BOOST_AUTO_TEST_CASE(asks_again_for_a_lease_that_was_not_to_be_had_at_once) {
  auto& n = add_node(2);
  advance(1s);
  table->away = true;
  advance(2s);
  table->away = false;
  table->leases_to_refuse = 1;  // the connection stays: only this one call fails
  advance(5s);
  BOOST_TEST(table->leases_to_refuse == 0);
  const auto lanes = n.shared->board.lanes();
  BOOST_TEST(lanes.size() == 2u);
  for (const auto& l : lanes)
    BOOST_TEST(l.state == "reading", l.reason);
  BOOST_TEST(!n.fatal);
}

BOOST_AUTO_TEST_SUITE_END()
