#include "projects/task.hpp"

#include <boost/test/unit_test.hpp>

#include "projects/component.hpp"
#include "projects/project.hpp"

using namespace td;
using namespace std::chrono_literals;

namespace {

constexpr timestamp noon{1'700'000'000s};

uuid id_of(std::uint8_t n) {
  uuid id;
  id.bytes[15] = n;
  return id;
}

task_change titled(std::string title) {
  task_change c;
  c.title = std::move(title);
  c.position = "V";
  return c;
}

task made() {
  return *make_task(titled("Pay by card"), id_of(1), id_of(9), 7, noon);
}

task_change to(task_status s) {
  task_change c;
  c.status = s;
  return c;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tasks)

BOOST_AUTO_TEST_CASE(a_new_one_has_its_first_version_and_nothing_else_that_was_not_given) {
  const auto t = made();
  BOOST_TEST(t.version == 1);
  BOOST_TEST(t.title == "Pay by card");
  BOOST_TEST((t.status == task_status::todo));
  BOOST_TEST((t.created_at == noon && t.updated_at == noon));
  BOOST_TEST(t.number == 7);
  BOOST_TEST(t.metadata == "{}");
  BOOST_TEST(!make_task(task_change{}, id_of(1), id_of(9), 1, noon));
}

BOOST_AUTO_TEST_CASE(a_change_counts_and_what_is_the_same_does_not) {
  const auto before = made();
  const auto same = changed(before, titled("Pay by card"), noon + 1h);
  BOOST_REQUIRE(same);
  BOOST_TEST((*same == before));
  const auto after = changed(before, titled("Pay by cheque"), noon + 1h);
  BOOST_REQUIRE(after);
  BOOST_TEST(after->version == 2);
  BOOST_TEST((after->updated_at == noon + 1h));
  BOOST_TEST((after->created_at == noon));
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_does_not_take_updated_at_with_it) {
  const auto after = changed(made(), titled("x"), noon - 1h);
  BOOST_REQUIRE(after);
  BOOST_TEST((after->updated_at == noon));
  BOOST_TEST(after->version == 2);
}

BOOST_AUTO_TEST_CASE(equal_metadata_in_another_order_is_no_change) {
  task_change c;
  c.metadata = R"({"a": 1, "b": 2})";
  const auto one = changed(made(), c, noon);
  BOOST_REQUIRE(one);
  c.metadata = R"({"b":2,"a":1})";
  const auto two = changed(*one, c, noon + 1h);
  BOOST_REQUIRE(two);
  BOOST_TEST(two->version == one->version);
}

BOOST_AUTO_TEST_CASE(statuses_bring_start_end_and_progress_with_them) {
  const auto begun = changed(made(), to(task_status::in_progress), noon + 1h);
  BOOST_REQUIRE(begun);
  BOOST_TEST((begun->lived == life{noon + 1h, std::nullopt}));
  const auto done = changed(*begun, to(task_status::done), noon + 2h);
  BOOST_REQUIRE(done);
  BOOST_TEST((done->lived == life{noon + 1h, noon + 2h}));
  BOOST_TEST(done->progress == 100);
  BOOST_TEST(!changed(*done, to(task_status::blocked), noon + 3h));
  auto half = to(task_status::done);
  half.progress = 50;
  const auto refused = changed(*begun, half, noon + 2h);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().pointer == "/progress");
}

BOOST_AUTO_TEST_CASE(what_may_be_taken_away_can_be) {
  task_change c;
  c.person = "anna";
  c.estimate = 5;
  c.component_id = id_of(3);
  const auto given = changed(made(), c, noon);
  BOOST_REQUIRE(given);
  BOOST_TEST(*given->person == "anna");
  task_change away;
  away.person.emplace();
  away.estimate.emplace();
  away.component_id.emplace();
  const auto taken = changed(*given, away, noon);
  BOOST_REQUIRE(taken);
  BOOST_TEST(!taken->person);
  BOOST_TEST(!taken->estimate);
  BOOST_TEST(!taken->component_id);
}

BOOST_AUTO_TEST_CASE(what_is_archived_is_left_alone_until_it_is_restored) {
  const auto away = archived(made(), noon + 1h);
  BOOST_TEST(away.version == 2);
  BOOST_TEST((archived(away, noon + 2h) == away));
  const auto refused = changed(away, titled("x"), noon + 2h);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == errc::conflict));
  BOOST_TEST(refused.error().detail.find("restore it first") != std::string::npos);
  const auto back = restored(away, noon + 3h);
  BOOST_TEST(back.version == 3);
  BOOST_TEST(changed(back, titled("x"), noon + 4h).has_value());
}

BOOST_AUTO_TEST_CASE(a_task_is_no_part_of_itself) {
  task_change c;
  c.parent_id = id_of(1);
  const auto r = changed(made(), c, noon);
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::dependency_cycle));
}

BOOST_AUTO_TEST_CASE(projects_and_components_name_the_field_that_is_missing) {
  project_change p;
  p.title = "Payments";
  const auto no_key = make_project(p, id_of(1), noon);
  BOOST_REQUIRE(!no_key);
  BOOST_TEST(no_key.error().pointer == "/key");
  p.key = "PAY";
  p.person = "";
  BOOST_TEST(make_project(p, id_of(1), noon).error().pointer == "/owner");
  component_change c;
  c.slug = "api";
  c.position = "V";
  BOOST_TEST(make_component(c, id_of(1), id_of(2), noon).error().pointer == "/title");
  c.title = "API";
  c.estimate = -3;
  BOOST_TEST(make_component(c, id_of(1), id_of(2), noon).error().pointer == "/estimate");
}

BOOST_AUTO_TEST_SUITE_END()
