#include "projects/entity_event.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "pipeline/validate.hpp"
#include "schema/registry.hpp"
#include "schema/shipped.hpp"

using namespace td;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

const timestamp at = now();
const write_context anna{.actor = "anna \"a\" <anna@example.org>", .trace_id = {}};

uuid id_of(std::uint8_t n) {
  uuid id;
  id.bytes[0] = 1;
  id.bytes[15] = n;
  return id;
}

task full_task() {
  task_change c;
  c.title = std::string(200, 'x');
  c.description = std::string(20'000, 'y');
  c.urgency = priority::urgent;
  c.person = std::string(200, 'p');
  c.labels.emplace();
  for (int i = 0; i < 50; ++i)
    c.labels->push_back(std::to_string(i) + std::string(98, 'l'));
  c.due_at = at + 24h;
  c.metadata = R"({"a":{"b":[1,2.5,null,"ü"]}})";
  c.component_id = id_of(3);
  c.parent_id = id_of(4);
  c.status = task_status::done;
  c.estimate = 1'000'000;
  c.position = std::string(200, 'z');
  return *make_task(c, id_of(1), id_of(2), 7, at);
}

json::object payload_of(const own_event& e) {
  return json::parse(e.payload).as_object();
}

/// What the pipeline says of it, with every shipped schema in force and other kinds refused.
checked_batch checked(const own_event& e) {
  std::vector<schema_definition> shipped;
  for (const auto& s : shipped_schemas()) {
    shipped.push_back(
        {.kind = std::string{s.kind}, .version = s.version, .body = std::string{s.body}});
  }
  static const std::shared_ptr<const schema_set> strict =
      schema_registry::make(shipped, unknown_kinds::strict, std::make_shared<shadow_book>(),
                            nullptr)
          .value();
  auto one = std::make_shared<batch>();
  one->add(e.topic, envelope_of(e), now());
  return validator{event_rules{}, strict}.check(one, now());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(entity_events)

BOOST_AUTO_TEST_CASE(an_update_tells_before_and_after_of_what_differs_and_of_nothing_else) {
  const auto before = full_task();
  task_change c;
  c.title = "Pay by card";
  c.person.emplace();
  const auto after = *changed(before, c, at + 1s);
  const auto e = event_of(entity_kind::task, entity_verb::updated, &before, &after, anna, at + 1s);
  BOOST_TEST(e.kind == "task_updated");
  BOOST_TEST(e.topic == "tracker/events/tasks/updated");
  BOOST_TEST((e.entity == before.id));
  BOOST_TEST((e.occurred_at == at + 1s));
  const auto p = payload_of(e);
  BOOST_TEST(p.at("task_id").as_string() == to_string(before.id));
  BOOST_TEST(p.at("title").as_string() == "Pay by card");
  BOOST_TEST(p.at("actor").as_string() == anna.actor);
  BOOST_TEST(p.at("version").as_int64() == 2);
  BOOST_TEST(!p.contains("description"));
  const auto& changes = p.at("changed").as_object();
  BOOST_TEST(changes.size() == 2u);
  BOOST_TEST(changes.at("assignee").at("after").is_null());
  BOOST_TEST(changes.at("assignee").at("before").as_string() == *before.person);
}

BOOST_AUTO_TEST_CASE(what_is_large_is_told_by_its_size) {
  const auto before = full_task();
  task_change c;
  c.description = "short";
  const auto after = *changed(before, c, at);
  const auto p =
      payload_of(event_of(entity_kind::task, entity_verb::updated, &before, &after, anna, at));
  const auto& sizes = p.at("changed").at("description").at("bytes").as_array();
  BOOST_TEST(sizes[0].to_number<int>() == 20'002);
  BOOST_TEST(sizes[1].to_number<int>() == 7);
}

BOOST_AUTO_TEST_CASE(what_is_deleted_is_told_as_it_was) {
  const auto gone = full_task();
  const auto e = event_of<task>(entity_kind::task, entity_verb::deleted, &gone, nullptr, anna, at);
  BOOST_TEST(e.kind == "task_deleted");
  BOOST_TEST((e.entity == gone.id));
  BOOST_TEST(payload_of(e).at("title").as_string() == gone.title);
}

/// Nothing that fields.hpp allows may end as a dead letter of our own.
BOOST_AUTO_TEST_CASE(every_event_passes_the_pipeline_with_the_shipped_schemas) {
  const auto t = full_task();
  project_change pc;
  pc.key = "PAY";
  pc.title = "Payments \xF0\x9F\x92\xB3";
  const auto p = *make_project(pc, id_of(5), at);
  component_change cc;
  cc.slug = "api";
  cc.title = "API";
  cc.position = "V";
  const auto c = *make_component(cc, id_of(6), id_of(5), at);
  for (const auto verb : {entity_verb::created, entity_verb::updated, entity_verb::archived,
                          entity_verb::restored, entity_verb::deleted}) {
    for (const auto& e : {event_of(entity_kind::task, verb, &t, &t, anna, at),
                          event_of(entity_kind::project, verb, &p, &p, anna, at),
                          event_of(entity_kind::component, verb, &c, &c, anna, at)}) {
      const auto verdict = checked(e);
      for (const auto& r : verdict.rejects)
        BOOST_ERROR(e.kind + ": " + to_string(r.why));
      BOOST_REQUIRE(verdict.events.size() == 1u);
      BOOST_TEST((verdict.events[0].event_id == e.event_id));
      BOOST_TEST((verdict.events[0].occurred_at == e.occurred_at));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_envelope_is_the_same_bytes_each_time) {
  const auto t = full_task();
  const auto e = event_of<task>(entity_kind::task, entity_verb::created, nullptr, &t, anna, at);
  BOOST_TEST(envelope_of(e) == envelope_of(e));
  BOOST_TEST((e.trace_id == e.event_id));
  const auto other = event_of<task>(entity_kind::task, entity_verb::created, nullptr, &t,
                                    {.actor = "a", .trace_id = id_of(9)}, at);
  BOOST_TEST((other.trace_id == id_of(9)));
  BOOST_TEST((other.event_id != e.event_id));
}

BOOST_AUTO_TEST_SUITE_END()
