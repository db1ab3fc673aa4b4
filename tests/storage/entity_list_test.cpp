#include <algorithm>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/storage/tracker_fixture.hpp"

using namespace td;
using namespace td::test;
using namespace std::chrono_literals;

namespace {

std::string numbers(const std::vector<task>& all) {
  std::string out;
  for (const auto& t : all)
    out += (out.empty() ? "" : " ") + std::to_string(t.number);
  return out;
}

struct list_fixture : tracker_fixture {
  /// Every page of a list, one after the other.
  std::vector<task> all_pages(list_query q) {
    std::vector<task> all;
    for (;;) {
      auto page = must(tasks->list(q));
      BOOST_TEST_REQUIRE(page.items.size() <= q.limit);
      std::move(page.items.begin(), page.items.end(), std::back_inserter(all));
      if (page.next.empty()) return all;
      q.cursor = page.next;
    }
  }
  std::string listed(const list_query& q) { return numbers(all_pages(q)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(entity_lists, list_fixture)

BOOST_AUTO_TEST_CASE(filters_narrow_together) {
  task_change c = titled("Pay by card");
  c.labels = std::vector<std::string>{"front", "x,y"};
  c.person = "anna";
  must(tasks->create(pay.id, c, anna));  // 1
  c.status = task_status::blocked;
  c.labels = std::vector<std::string>{"front"};
  must(tasks->create(pay.id, c, anna));  // 2
  c.person.emplace();
  c.component_id = add_component("api").id;
  must(tasks->create(pay.id, c, anna));  // 3
  c.parent_id = must(tasks->find_by_name("PAY-1")).id;
  const auto four = must(tasks->create(pay.id, c, anna));
  must(tasks->archive(four.id, std::nullopt, anna));
  list_query q;
  BOOST_TEST(listed(q) == "1 2 3");
  q.labels = {"front", "x,y"};
  BOOST_TEST(listed(q) == "1");
  q = {};
  q.statuses = {"blocked", "done"};
  BOOST_TEST(listed(q) == "2 3");
  q.person = "";
  BOOST_TEST(listed(q) == "3");
  q = {};
  q.person = "anna";
  BOOST_TEST(listed(q) == "1 2");
  q = {};
  q.component_id = *c.component_id.value();
  BOOST_TEST(listed(q) == "3");
  q.archived = archived_filter::with;
  BOOST_TEST(listed(q) == "3 4");
  q.archived = archived_filter::only;
  BOOST_TEST(listed(q) == "4");
  q = {};
  q.parent_id = *c.parent_id.value();
  BOOST_TEST(listed(q) == "");
  q = {};
  q.project_id = id_of(5);
  BOOST_TEST(listed(q) == "");
  q = {};
  q.labels = {"'; DROP TABLE tasks; --", "\\", "\"", "{}", "NULL"};
  BOOST_TEST(listed(q) == "");
}

/// Equal keys are told apart by id, so pages of any size show each row once, in order.
BOOST_AUTO_TEST_CASE(every_order_shows_each_row_once_in_pages_of_any_size) {
  std::mt19937 random{42};
  for (int i = 0; i < 40; ++i) {
    task_change c = titled(std::string(1, static_cast<char>("aAbBäÄ"[random() % 4])) + "x");
    c.urgency = static_cast<priority>(random() % 5);
    if (random() % 2 == 0) c.due_at = noon() + std::chrono::hours{random() % 3};
    must(tasks->create(pay.id, c, anna));
  }
  run("UPDATE tasks SET created_at = date_trunc('hour', created_at)");  // all alike
  for (const auto sort : sort_keys_of(entity_kind::task)) {
    if (sort == sort_key::relevance) continue;
    for (const bool down : {false, true}) {
      list_query q;
      q.sort = sort;
      q.descending = down;
      q.limit = 200;
      const auto whole = listed(q);
      BOOST_TEST(std::count(whole.begin(), whole.end(), ' ') == 39);
      for (const std::size_t size : {1u, 7u, 40u}) {
        q.limit = size;
        BOOST_TEST(listed(q) == whole, name_of(sort) << " " << down << " " << size);
      }
    }
  }
  list_query q;
  q.sort = sort_key::due;
  q.limit = 200;
  const auto due = all_pages(q);
  BOOST_TEST(due.front().due_at.has_value());
  BOOST_TEST(!due.back().due_at.has_value());
}

BOOST_AUTO_TEST_CASE(what_comes_in_between_two_pages_makes_none_skip_or_repeat) {
  for (int i = 0; i < 20; ++i)
    add_task("t");
  list_query q;
  q.sort = sort_key::updated;
  q.descending = true;
  q.limit = 5;
  std::vector<std::int32_t> seen;
  for (int fresh = 0;; ++fresh) {
    const auto page = must(tasks->list(q));
    for (const auto& t : page.items)
      seen.push_back(t.number);
    if (page.next.empty()) break;
    q.cursor = page.next;
    add_task("comes in");  // at the front, behind which the reader is
    must(tasks->archive(page.items.front().id, std::nullopt, anna));
  }
  std::vector<std::int32_t> expected;
  for (std::int32_t n = 20; n > 0; --n)
    expected.push_back(n);
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_search_finds_words_in_title_and_description_the_best_first) {
  auto c = titled("Refunds");
  c.description = "card payments come back";
  must(tasks->create(pay.id, c, anna));  // 1: once, in the description
  add_task("Card payments");             // 2: in the title
  add_task("Unrelated");
  add_task("Karte für Zahlungen");
  list_query q;
  q.text = "card payments";
  BOOST_TEST(listed(q) == "2 1");
  q.limit = 1;
  BOOST_TEST(listed(q) == "2 1");
  q.text = "\"payments come\"";
  BOOST_TEST(listed(q) == "1");
  q.text = "payments -refunds";
  BOOST_TEST(listed(q) == "2");
  q.text = "zahlungen or unrelated";
  q.sort = sort_key::number;
  BOOST_TEST(listed(q) == "3 4");
  for (const auto* odd : {"&", "'", "!!", "a:*", "((", "\\", "-", "\"", "' OR 1=1 --"}) {
    q.text = odd;
    BOOST_TEST(tasks->list(q).has_value(), odd);
  }
}

BOOST_AUTO_TEST_CASE(projects_and_components_are_listed_alike) {
  must(projects->create(project_named("OPS", "Operations"), anna));
  add_component("api");
  add_component("ledger");
  list_query q;
  q.sort = sort_key::title;
  q.descending = true;
  q.limit = 1;
  auto first = must(projects->list(q));
  BOOST_REQUIRE(first.items.size() == 1u);
  BOOST_TEST(first.items[0].key == "PAY");
  q.cursor = first.next;
  BOOST_TEST(must(projects->list(q)).items.at(0).key == "OPS");
  q = {};
  q.text = "ledger";
  BOOST_TEST(must(components->list(q)).items.size() == 1u);
  q = {};
  q.project_id = pay.id;
  q.sort = sort_key::position;
  BOOST_TEST(must(components->list(q)).items.at(1).slug == "ledger");
  BOOST_TEST((why_not(projects->list(q)).code == errc::value_invalid));
}

BOOST_AUTO_TEST_CASE(a_search_uses_its_index_when_there_is_much_to_search) {
  run("INSERT INTO tasks (id, project_id, number, title, description, status, priority, labels, "
      "progress, position, metadata, version, created_at, updated_at) "
      "SELECT gen_random_uuid(), '" +
      to_string(pay.id) +
      "', n, 'task ' || n, md5(n::text), "
      "'todo', 0, '{}', 0, 'V' || n || '1', '{}', 1, now(), now() "
      "FROM generate_series(1, 20000) n");
  run("VACUUM ANALYZE tasks");  // or the index has a long list of what is not in it yet
  const auto plan = [&](const std::string& query) {
    std::string all;
    const auto r = must(eye.exec("EXPLAIN " + query));
    for (int i = 0; i < r.size(); ++i)
      all += std::string{r.text(i, 0)} + "\n";
    return all;
  };
  BOOST_TEST(plan("SELECT id FROM tasks WHERE search @@ websearch_to_tsquery('simple', '777')")
                 .find("tasks_search") != std::string::npos);
  BOOST_TEST(plan("SELECT id FROM tasks WHERE project_id = '" + to_string(pay.id) +
                  "' ORDER BY position, id LIMIT 50")
                 .find("tasks_position") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
