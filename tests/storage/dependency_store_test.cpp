#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/tracker_fixture.hpp"

using namespace td;
using namespace td::test;

namespace {

std::string slugs(const std::vector<graph_component>& all) {
  std::string out;
  for (const auto& c : all)
    out += (out.empty() ? "" : " ") + c.slug;
  return out;
}

struct graph_fixture : tracker_fixture {
  component design = add_component("design");
  component ledger = add_component("ledger");
  component api = add_component("api");
  component shop = add_component("shop");

  graph_fixture() {
    waits(ledger, design);
    waits(api, ledger);
    waits(shop, api);
    waits(shop, design);
  }
  void waits(const component& a, const component& b) {
    must(dependencies->add({a.id, b.id}, anna));
  }
  void set(const component& c, component_status s, std::optional<std::int32_t> estimate) {
    component_change change;
    change.status = s;
    change.estimate = estimate;
    must(components->update(c.id, std::nullopt, change, anna));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dependency_store_, graph_fixture)

BOOST_AUTO_TEST_CASE(a_circle_is_refused_and_named_by_slugs) {
  const auto why = why_not(dependencies->add({design.id, shop.id}, anna));
  BOOST_TEST((why.code == errc::dependency_cycle));
  BOOST_TEST(why.detail ==
             "design would wait for itself: design -> shop -> design; remove one of "
             "these dependencies first");
  BOOST_TEST(
      (why_not(dependencies->add({design.id, design.id}, anna)).code == errc::dependency_cycle));
  BOOST_TEST(number("SELECT count(*) FROM component_dependencies") == 4);
}

BOOST_AUTO_TEST_CASE(a_dependency_is_there_once_and_its_changes_are_events_of_who_waits) {
  said();
  waits(api, design);
  waits(api, design);
  BOOST_TEST(value("SELECT body::json #>> '{payload,changed,depends_on,added}' FROM "
                   "outbox_events") == to_string(design.id));
  BOOST_TEST(value("SELECT entity FROM outbox_events") == to_string(api.id));
  BOOST_TEST(said() == "component_updated");
  must(dependencies->remove({api.id, design.id}, anna));
  BOOST_TEST((why_not(dependencies->remove({api.id, design.id}, anna)).code == errc::not_found));
  BOOST_TEST(said() == "component_updated");
  BOOST_TEST((why_not(dependencies->add({api.id, id_of(1)}, anna)).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(components_of_other_projects_are_not_waited_for) {
  const auto ops = must(projects->create(project_named("OPS", "Operations"), anna));
  const auto foreign = must(components->create(ops.id, component_named("dns"), anna));
  BOOST_TEST((why_not(dependencies->add({api.id, foreign.id}, anna)).code == errc::conflict));
}

/// Both look at a graph without the other's edge, unless one waits for the other.
BOOST_AUTO_TEST_CASE(two_that_would_form_a_circle_together_are_not_both_made) {
  for (int round = 0; round < 20; ++round) {
    const auto a = add_component("a" + std::to_string(round));
    const auto b = add_component("b" + std::to_string(round));
    const auto other = make_dependency_store(must(open_entity_connection(options)));
    std::atomic<int> made{0}, circles{0};
    const auto add = [&](dependency_store& by, const component& from, const component& to) {
      const auto r = by.add({from.id, to.id}, anna);
      made += r ? 1 : 0;
      circles += !r && r.error().code == errc::dependency_cycle ? 1 : 0;
    };
    std::thread one{[&] { add(*dependencies, a, b); }};
    std::thread two{[&] { add(*other, b, a); }};
    one.join();
    two.join();
    BOOST_TEST(made == 1);
    BOOST_TEST(circles == 1);
  }
}

/// The same, with the first held open for certain while the second comes.
BOOST_AUTO_TEST_CASE(the_second_waits_for_the_first_and_then_sees_its_edge) {
  const auto a = add_component("a");
  const auto b = add_component("b");
  run("BEGIN; SELECT FROM projects WHERE key = 'PAY' FOR NO KEY UPDATE; "
      "INSERT INTO component_dependencies VALUES ('" +
      to_string(pay.id) + "', '" + to_string(a.id) + "', '" + to_string(b.id) + "', now(), 'x')");
  std::optional<result<void>> second;
  std::thread thread{[&] { second = dependencies->add({b.id, a.id}, anna); }};
  auto watch = must(pg::session::open(options));
  await(watch,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock')");
  run("COMMIT");
  thread.join();
  BOOST_REQUIRE(second);
  BOOST_TEST((why_not(*second).code == errc::dependency_cycle));
}

BOOST_AUTO_TEST_CASE(the_graph_answers_what_can_begin_what_blocks_and_what_takes_longest) {
  set(design, component_status::done, 2);
  set(ledger, component_status::in_progress, 5);
  set(api, component_status::planned, 3);
  set(shop, component_status::planned, 1);
  BOOST_TEST(slugs(must(dependencies->unblocked(pay.id))) == "ledger");
  BOOST_TEST(slugs(must(dependencies->order(pay.id))) == "design ledger api shop");
  const auto path = must(dependencies->critical(pay.id));
  BOOST_TEST(slugs(path.components) == "ledger api shop");
  BOOST_TEST(path.total == 9);
  const auto blocked = must(dependencies->blocked_by(shop.id));
  BOOST_REQUIRE(blocked.size() == 2u);
  BOOST_TEST(blocked[0].component.slug == "api");
  BOOST_TEST((blocked[0].via == shop.id));
  BOOST_TEST(!blocked[0].startable);
  BOOST_TEST(blocked[1].component.slug == "ledger");
  BOOST_TEST(blocked[1].steps == 2u);
  BOOST_TEST(blocked[1].startable);
  BOOST_TEST(must(dependencies->graph(pay.id)).dependencies.size() == 4u);
  BOOST_TEST((why_not(dependencies->critical(id_of(1))).code == errc::not_found));
  BOOST_TEST((why_not(dependencies->blocked_by(id_of(1))).code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(what_remains_of_a_component_is_what_its_unfinished_tasks_say) {
  set(ledger, component_status::in_progress, 50);
  const auto remaining = [&] { return must(dependencies->graph(pay.id)).components[1].remaining; };
  BOOST_TEST(remaining() == 50);
  task_change c = titled("post");
  c.component_id = ledger.id;
  must(tasks->create(pay.id, c, anna));
  BOOST_TEST(remaining() == 50);  // no estimate: it says nothing
  c.estimate = 8;
  const auto t = must(tasks->create(pay.id, c, anna));
  c.estimate = 2;
  must(tasks->create(pay.id, c, anna));
  BOOST_TEST(remaining() == 10);
  task_change done;
  done.status = task_status::done;
  must(tasks->update(t.id, std::nullopt, done, anna));
  BOOST_TEST(remaining() == 2);
}

BOOST_AUTO_TEST_CASE(what_is_archived_blocks_nobody_and_deleting_it_takes_its_edges_along) {
  must(components->archive(api.id, std::nullopt, anna));
  BOOST_TEST(slugs(must(dependencies->unblocked(pay.id))) == "design");
  BOOST_TEST(must(dependencies->blocked_by(shop.id)).size() == 1u);
  must(components->remove(api.id, std::nullopt, anna));
  BOOST_TEST(number("SELECT count(*) FROM component_dependencies") == 2);
}

BOOST_AUTO_TEST_SUITE_END()
