#include "pipeline/own_event.hpp"

#include <boost/test/unit_test.hpp>

#include "pipeline/validate.hpp"

using namespace td;

namespace {

checked_batch checked(const own_event& e) {
  auto one = std::make_shared<batch>();
  one->add(e.topic, envelope_of(e), now());
  return validator{event_rules{}, std::make_shared<open_schema_set>()}.check(one, now());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(own_events)

BOOST_AUTO_TEST_CASE(an_envelope_is_read_back_as_what_was_meant) {
  auto e = make_own_event("login_failed", "tracker/events/auth/login_failed", R"({"user":"a"})",
                          std::nullopt, random_uuid());
  e.source = "taylordash \"x\" \\ \n\x01 ü";
  const auto read = checked(e);
  BOOST_REQUIRE(read.events.size() == 1u);
  const auto& got = read.events[0];
  BOOST_TEST((got.event_id == e.event_id));
  BOOST_TEST((got.occurred_at == e.occurred_at));
  BOOST_TEST((got.trace_id == e.trace_id));
  BOOST_TEST(read.kind(got) == e.kind);
  BOOST_TEST(read.payload(got) == e.payload);
  BOOST_TEST(read.source(got) == e.source);
}

BOOST_AUTO_TEST_CASE(an_event_without_a_trace_is_its_own) {
  const auto e = make_own_event("a_b", "tracker/events/tasks/x", "{}", std::nullopt, uuid{});
  BOOST_TEST((e.trace_id == e.event_id));
  const auto other = make_own_event("a_b", "tracker/events/tasks/x", "{}", std::nullopt, uuid{});
  BOOST_TEST((other.event_id != e.event_id));
}

BOOST_AUTO_TEST_SUITE_END()
