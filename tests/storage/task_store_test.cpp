#include <atomic>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/storage/tracker_fixture.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

task_change with_status(task_status s) {
  task_change c;
  c.status = s;
  return c;
}
task_change under(const std::optional<uuid>& parent) {
  task_change c;
  c.parent_id = parent;
  return c;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(task_store_, tracker_fixture)

BOOST_AUTO_TEST_CASE(tasks_are_numbered_per_project_and_found_by_name) {
  const auto one = add_task("One");
  const auto two = add_task("Two");
  BOOST_TEST(one.number == 1);
  BOOST_TEST(two.number == 2);
  BOOST_TEST(one.position < two.position);
  BOOST_TEST((must(tasks->find_by_name("PAY-2")) == two));
  for (const auto* called : {"PAY-3", "PAY", "PAY-", "PAY-2x", "pay-2", "-2", "PAY--2", ""})
    BOOST_TEST((why_not(tasks->find_by_name(called)).code == errc::not_found), called);
  must(tasks->archive(two.id, std::nullopt, anna));
  must(tasks->remove(two.id, std::nullopt, anna));
  BOOST_TEST(add_task("Three").number == 3);  // never used twice
  BOOST_TEST(must(projects->find(pay.id)).version == 1);
}

BOOST_AUTO_TEST_CASE(many_at_once_get_numbers_without_gaps) {
  std::atomic<int> failed{0};
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&] {
      const auto mine = make_task_store(must(open_entity_connection(options)));
      for (int i = 0; i < 25; ++i)
        failed += mine->create(pay.id, titled("x"), anna) ? 0 : 1;
    });
  }
  for (auto& w : writers)
    w.join();
  BOOST_TEST(failed == 0);
  BOOST_TEST(number("SELECT count(DISTINCT number) FROM tasks WHERE number BETWEEN 1 AND 100") ==
             100);
  BOOST_TEST(number("SELECT count(DISTINCT position) FROM tasks") == 100);
}

BOOST_AUTO_TEST_CASE(component_and_parent_are_of_the_same_project) {
  const auto ops = must(projects->create(project_named("OPS", "Operations"), anna));
  const auto foreign = must(components->create(ops.id, component_named("api"), anna));
  const auto stranger = must(tasks->create(ops.id, titled("x"), anna));
  const auto mine = add_task("Mine");
  task_change c;
  c.component_id = foreign.id;
  BOOST_TEST(why_not(tasks->update(mine.id, std::nullopt, c, anna)).pointer == "/component_id");
  BOOST_TEST(why_not(tasks->update(mine.id, std::nullopt, under(stranger.id), anna)).pointer ==
             "/parent_id");
  BOOST_TEST(why_not(tasks->update(mine.id, std::nullopt, under(id_of(1)), anna)).pointer ==
             "/parent_id");
  auto made = titled("New");
  made.component_id = foreign.id;
  BOOST_TEST(why_not(tasks->create(pay.id, made, anna)).pointer == "/component_id");
  BOOST_TEST(number("SELECT last_task_number FROM projects WHERE key = 'PAY'") == 1);
}

BOOST_AUTO_TEST_CASE(a_task_never_becomes_a_part_of_itself) {
  const auto a = add_task("a");
  const auto b = add_task("b");
  const auto c = add_task("c");
  must(tasks->update(b.id, 1, under(a.id), anna));
  must(tasks->update(c.id, 1, under(b.id), anna));
  const auto why = why_not(tasks->update(a.id, 1, under(c.id), anna));
  BOOST_TEST((why.code == errc::dependency_cycle));
  BOOST_TEST(why.detail ==
             "the task would be a part of itself: PAY-1 -> PAY-3 -> PAY-2 -> PAY-1; "
             "take another parent");
  must(tasks->update(b.id, 2, under(std::nullopt), anna));
  must(tasks->update(a.id, 1, under(c.id), anna));
}

BOOST_AUTO_TEST_CASE(two_moves_that_would_form_a_circle_together_are_not_both_made) {
  for (int round = 0; round < 20; ++round) {
    const auto a = add_task("a");
    const auto b = add_task("b");
    const auto other = make_task_store(must(open_entity_connection(options)));
    std::atomic<int> made{0};
    std::thread first{[&] { made += tasks->update(a.id, 1, under(b.id), anna) ? 1 : 0; }};
    std::thread second{[&] { made += other->update(b.id, 1, under(a.id), anna) ? 1 : 0; }};
    first.join();
    second.join();
    BOOST_TEST(made == 1);
  }
}

BOOST_AUTO_TEST_CASE(there_is_a_bound_to_how_deep_parts_go) {
  auto parent = add_task("0");
  for (int i = 1; i <= task_store::max_depth; ++i) {
    auto c = titled(std::to_string(i));
    c.parent_id = parent.id;
    parent = must(tasks->create(pay.id, c, anna));
  }
  auto c = titled("too deep");
  c.parent_id = parent.id;
  BOOST_TEST(why_not(tasks->create(pay.id, c, anna)).pointer == "/parent_id");
}

// -- many at once ---

BOOST_AUTO_TEST_CASE(many_are_changed_in_one_transaction) {
  std::vector<task_update> updates;
  for (int i = 0; i < 30; ++i)
    updates.push_back({add_task("t").id, 1, with_status(task_status::in_progress)});
  said();
  const auto done = must(tasks->update_all(updates, anna));
  BOOST_TEST(done.failed.empty());
  BOOST_TEST(done.tasks.size() == 30u);
  for (std::size_t i = 0; i < done.tasks.size(); ++i)
    BOOST_TEST((done.tasks[i].id == updates[i].id));
  BOOST_TEST(number("SELECT count(DISTINCT xmin::text) FROM tasks") == 1);
  BOOST_TEST(number("SELECT count(*) FROM outbox_events WHERE kind = 'task_updated'") == 30);
}

BOOST_AUTO_TEST_CASE(one_that_can_not_be_leaves_all_as_they_were_and_each_failure_is_named) {
  const auto good = add_task("good");
  const auto stale = add_task("stale");
  const auto blocked = add_task("blocked");
  const auto longest = add_task("long");
  must(tasks->update(stale.id, 1, titled("changed"), anna));
  must(tasks->update(blocked.id, 1, with_status(task_status::blocked), anna));
  said();
  const std::vector<task_update> updates{
      {good.id, 1, with_status(task_status::done)},
      {stale.id, 1, with_status(task_status::done)},
      {blocked.id, std::nullopt, with_status(task_status::done)},
      {longest.id, std::nullopt, titled(std::string(201, 'x'))},
      {id_of(5), std::nullopt, with_status(task_status::done)},
      {id_of(7), std::nullopt, under(good.id)},
  };
  const auto done = must(tasks->update_all(updates, anna));
  BOOST_TEST(done.tasks.empty());
  BOOST_REQUIRE(done.failed.size() == 5u);
  BOOST_TEST((done.failed[0].id == stale.id && done.failed[0].why.code == errc::version_conflict));
  BOOST_TEST((done.failed[1].id == blocked.id && done.failed[1].why.code == errc::conflict));
  BOOST_TEST((done.failed[2].id == longest.id && done.failed[2].why.code == errc::value_invalid));
  BOOST_TEST((done.failed[3].id == id_of(5) && done.failed[3].why.code == errc::not_found));
  BOOST_TEST((must(tasks->find(good.id)) == good));
  BOOST_TEST(said() == "");
  must(tasks->update_all(std::span{updates}.first(1), anna));
  BOOST_TEST((must(tasks->find(good.id)).status == task_status::done));
}

BOOST_AUTO_TEST_CASE(a_circle_that_many_moves_form_together_is_found) {
  const auto a = add_task("a");
  const auto b = add_task("b");
  const std::vector<task_update> updates{{a.id, 1, under(b.id)}, {b.id, 1, under(a.id)}};
  const auto done = must(tasks->update_all(updates, anna));
  BOOST_REQUIRE(done.failed.size() == 1u);
  BOOST_TEST((done.failed[0].id == b.id));
  BOOST_TEST((done.failed[0].why.code == errc::dependency_cycle));
  BOOST_TEST(!must(tasks->find(a.id)).parent_id);
}

BOOST_AUTO_TEST_CASE(a_task_twice_or_too_many_are_refused_before_anything) {
  const auto t = add_task("t");
  const std::vector<task_update> twice{{t.id, {}, titled("x")}, {t.id, {}, titled("y")}};
  BOOST_TEST((why_not(tasks->update_all(twice, anna)).code == errc::value_invalid));
  const std::vector<task_update> many(task_store::max_updates + 1);
  BOOST_TEST((why_not(tasks->update_all(many, anna)).code == errc::value_invalid));
  BOOST_TEST(must(tasks->update_all({}, anna)).failed.empty());
}

BOOST_AUTO_TEST_CASE(changes_of_many_in_opposite_orders_do_not_block_each_other_for_ever) {
  std::vector<task_update> forth;
  for (int i = 0; i < 20; ++i)
    forth.push_back({add_task("t").id, std::nullopt, {}});
  std::vector<task_update> back{forth.rbegin(), forth.rend()};
  std::atomic<int> failed{0};
  const auto work = [&](std::vector<task_update> mine, const std::string& words) {
    const auto store = make_task_store(must(open_entity_connection(options)));
    for (int i = 0; i < 10; ++i) {
      for (auto& u : mine)
        u.change = titled(words + std::to_string(i));
      const auto r = store->update_all(mine, anna);
      failed += r && r->failed.empty() ? 0 : 1;
    }
  };
  std::thread one{work, forth, "one"};
  std::thread two{work, back, "two"};
  one.join();
  two.join();
  BOOST_TEST(failed == 0);
  BOOST_TEST(number("SELECT min(version) FROM tasks") == 21);
}

BOOST_AUTO_TEST_SUITE_END()
