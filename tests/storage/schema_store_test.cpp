#include "storage/schema_store.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "schema/shipped.hpp"
#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;

namespace {

constexpr const char* strict_title =
    R"({"type":"object","properties":{"title":{"type":"string","maxLength":5}}})";
constexpr const char* any_object = R"({"type":"object"})";

struct schema_fixture : fresh_database {
  std::unique_ptr<schema_store> store = must(open_schema_store(options));

  std::int32_t added(std::string_view kind, std::string_view body = any_object) {
    return must(store->add(kind, 0, body, "anna@desk"));
  }
  std::string state(std::string_view kind, std::int32_t version) {
    return std::string{name_of(must(store->find(kind, version)).state)};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(schema_store_, schema_fixture)

BOOST_AUTO_TEST_CASE(ships_every_schema_once_and_in_force) {
  const auto all = must(store->list(""));
  BOOST_TEST(all.size() == shipped_schemas().size());
  for (const auto& s : all) {
    BOOST_TEST((s.state == schema_state::active));
    BOOST_TEST(s.shipped);
  }
  BOOST_TEST(must(ship_schemas(eye)) == 0u);
  BOOST_TEST(number("SELECT count(*) FROM event_schema_history WHERE action = 'added'") ==
             static_cast<std::int64_t>(shipped_schemas().size()));
}

BOOST_AUTO_TEST_CASE(a_later_shipped_version_waits_as_a_candidate) {
  run("UPDATE event_schemas SET version = 7 WHERE kind = 'task_updated'");
  BOOST_TEST(must(ship_schemas(eye)) == 1u);
  BOOST_TEST(state("task_updated", 1) == "candidate");
  BOOST_TEST(state("task_updated", 7) == "active");
  // Nor is a kind that is new to a database in use.
  run("DELETE FROM event_schemas WHERE kind = 'task_created'");
  BOOST_TEST(must(ship_schemas(eye)) == 1u);
  BOOST_TEST(state("task_created", 1) == "candidate");
}

BOOST_AUTO_TEST_CASE(versions_follow_each_other_and_never_change) {
  BOOST_TEST(added("order_placed") == 1);
  BOOST_TEST(added("order_placed", strict_title) == 2);
  const auto same = store->add("order_placed", 0, strict_title, "x");
  BOOST_TEST((same.error().code == errc::conflict));
  const auto taken = store->add("order_placed", 1, strict_title + std::string{" "}, "x");
  BOOST_TEST((taken.error().code == errc::conflict));
  BOOST_TEST(taken.error().detail.find("the next one is 3") != std::string::npos);
  BOOST_TEST(must(store->add("order_placed", 9, any_object, "x")) == 9);
  BOOST_TEST(must(store->find("order_placed", 2)).body == strict_title);
}

BOOST_AUTO_TEST_CASE(takes_no_schema_that_cannot_be_obeyed) {
  const auto bad = store->add("order_placed", 0, R"({"unevaluatedItems":false})", "x");
  BOOST_TEST((bad.error().code == errc::configuration_invalid));
  const auto misnamed = store->add("1st", 0, any_object, "x");
  BOOST_TEST((misnamed.error().code == errc::configuration_invalid));
  BOOST_TEST(must(store->list("order_placed")).empty());
}

BOOST_AUTO_TEST_CASE(goes_from_candidate_to_active_to_retired_and_back) {
  added("order_placed");
  BOOST_TEST(state("order_placed", 1) == "candidate");
  must(store->promote("order_placed", 1, "anna@desk"));
  BOOST_TEST(state("order_placed", 1) == "active");
  BOOST_TEST((store->promote("order_placed", 1, "x").error().code == errc::conflict));
  must(store->retire("order_placed", 1, "bo@desk"));
  BOOST_TEST(state("order_placed", 1) == "retired");
  must(store->promote("order_placed", 1, "bo@desk"));
  BOOST_TEST((store->promote("order_placed", 5, "x").error().code == errc::not_found));
  BOOST_TEST((store->retire("nothing", 1, "x").error().code == errc::not_found));
  BOOST_TEST(value("SELECT string_agg(action || ' ' || actor, ', ' ORDER BY id) FROM "
                   "event_schema_history WHERE kind = 'order_placed'") ==
             "added anna@desk, promoted anna@desk, retired bo@desk, promoted bo@desk");
}

BOOST_AUTO_TEST_CASE(the_revision_moves_with_every_change_and_only_then) {
  const auto before = must(store->revision());
  BOOST_TEST(must(store->load()).revision == before);
  added("order_placed");
  const auto after = must(store->revision());
  BOOST_TEST(after > before);
  BOOST_TEST(must(store->revision()) == after);
  must(store->promote("order_placed", 1, "x"));
  BOOST_TEST(must(store->revision()) > after);
}

BOOST_AUTO_TEST_CASE(loads_candidates_and_active_versions_only) {
  added("order_placed");
  added("order_placed", strict_title);
  must(store->promote("order_placed", 1, "x"));
  must(store->retire("task_updated", 1, "x"));
  std::string seen;
  for (const auto& d : must(store->load()).definitions) {
    if (d.kind == "order_placed")
      seen += std::to_string(d.version) + (d.candidate ? "c" : "a") + " ";
    BOOST_TEST(d.kind != "task_updated");
  }
  BOOST_TEST(seen == "1a 2c ");
}

BOOST_AUTO_TEST_CASE(finds_what_judges_events_without_a_version) {
  added("order_placed");
  added("order_placed", strict_title);
  BOOST_TEST(must(store->find("order_placed", 0)).version == 2);  // none is active: the newest
  must(store->promote("order_placed", 1, "x"));
  BOOST_TEST(must(store->find("order_placed", 0)).version == 1);
  must(store->promote("order_placed", 2, "x"));
  BOOST_TEST(must(store->find("order_placed", 0)).version == 2);
}

BOOST_AUTO_TEST_CASE(two_who_add_at_once_get_two_versions) {
  auto other = must(open_schema_store(options));
  std::thread t{[&] {
    for (int i = 0; i < 20; ++i)
      must(other->add("order_placed", 0, R"({"title":"b)" + std::to_string(i) + "\"}", "b"));
  }};
  for (int i = 0; i < 20; ++i)
    must(store->add("order_placed", 0, R"({"title":"a)" + std::to_string(i) + "\"}", "a"));
  t.join();
  BOOST_TEST(must(store->list("order_placed")).size() == 40u);
}

BOOST_AUTO_TEST_CASE(adds_up_what_candidates_say_on_all_nodes) {
  added("order_placed", strict_title);
  shadow_counts c{.kind = "order_placed", .version = 1, .checked = 10, .failed = 3};
  c.failures.push_back({"/title", "maxLength", 3, {{id_of(1), noon(), "/title", "too \"long\""}}});
  must(store->add_shadows(std::vector{c}));
  c.failures.front().samples = {{id_of(2), noon(), "/title", "b"},
                                {id_of(3), noon(), "/title", "c"},
                                {id_of(4), noon(), "/title", "d"}};
  must(store->add_shadows(std::vector{c}));
  must(store->add_shadows(std::vector{c}));
  const auto report = must(store->shadows("order_placed", 1));
  BOOST_TEST(report.counts.checked == 30u);
  BOOST_TEST(report.counts.failed == 9u);
  BOOST_TEST(report.counts.failures.size() == 1u);
  const auto& f = report.counts.failures.front();
  BOOST_TEST(f.failed == 9u);
  BOOST_TEST(f.samples.size() == 4u);  // the first ones stay, the list is bounded
  BOOST_TEST(f.samples.front().sentence == "too \"long\"");
  BOOST_TEST((f.samples.front().event_id == id_of(1)));
  // A version that is gone is no error: its counts are dropped.
  c.version = 99;
  must(store->add_shadows(std::vector{c}));
}

BOOST_AUTO_TEST_CASE(shows_the_stored_events_of_a_kind_since_a_time) {
  auto mirror = must(open_mirror_store(options));
  batch_builder b;
  for (std::uint32_t n = 0; n < 5000; ++n)
    b.event(id_of(n), R"({"n":)" + std::to_string(n) + "}", noon(), "order_placed");
  b.event(id_of(1, 7), "{}", noon() - std::chrono::days{3}, "order_placed");
  b.event(id_of(2, 7), "{}", noon(), "order_lost");
  must(mirror->write(b.build()));
  std::size_t seen = 0;
  must(store->visit("order_placed", 1, noon() - std::chrono::days{1},
                    [&](const schema_store::stored_payload& e) {
                      BOOST_REQUIRE((e.occurred_at == noon()));
                      ++seen;
                      return true;
                    }));
  BOOST_TEST(seen == 5000u);
  seen = 0;
  must(store->visit("order_placed", 1, timestamp{}, [&](const auto&) { return ++seen < 3; }));
  BOOST_TEST(seen == 3u);
  must(store->revision());  // the connection is sound after it
}

BOOST_AUTO_TEST_SUITE_END()
