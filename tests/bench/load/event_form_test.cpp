#include "bench/load/event_form.hpp"

#include <memory>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "pipeline/schema.hpp"
#include "pipeline/validate.hpp"
#include "schema/registry.hpp"
#include "schema/shipped.hpp"

namespace event_form = td::bench::event_form;
using td::bench::event_writer;

namespace {

const td::timestamp at = *td::parse_rfc3339("2026-11-20T12:00:00.999999Z");

}  // namespace

BOOST_AUTO_TEST_SUITE(event_forms)

BOOST_AUTO_TEST_CASE(are_events_that_the_service_accepts) {
  event_writer writer{1, 42};
  auto raw = std::make_shared<td::batch>();
  for (int i = 0; i < 100; ++i)
    raw->add(event_form::topic, writer.next(at), at);
  td::validator check{{}, std::make_shared<td::open_schema_set>()};
  const auto checked = check.check(raw, at);
  BOOST_TEST(checked.rejects.empty());
  BOOST_TEST(checked.events.size() == 100u);
}

BOOST_AUTO_TEST_CASE(break_the_shipped_schema_when_they_are_to) {
  std::vector<td::schema_definition> shipped;
  for (const auto& s : td::shipped_schemas())
    shipped.push_back({std::string{s.kind}, s.version, false, std::string{s.body}});
  const auto schemas = td::schema_registry::make(shipped, td::unknown_kinds::strict,
                                                 std::make_shared<td::shadow_book>(), nullptr);
  event_writer writer{1, 42};
  auto raw = std::make_shared<td::batch>();
  raw->add(event_form::topic, writer.next(at), at);
  raw->add(event_form::topic, writer.next_invalid(at), at);
  raw->add(event_form::topic, writer.next(at), at);
  const auto checked = td::validator{{}, *schemas}.check(raw, at);
  BOOST_TEST(checked.events.size() == 2u);
  BOOST_REQUIRE(checked.rejects.size() == 1u);
  BOOST_TEST(checked.rejects.front().message == 1u);
  BOOST_TEST(checked.rejects.front().why.pointer == "/payload/task_id");
}

BOOST_AUTO_TEST_CASE(have_their_fields_where_limit_drain_cuts_them) {
  event_writer writer{1, 42};
  auto raw = std::make_shared<td::batch>();
  raw->add(event_form::topic, writer.next(at), at);
  td::validator check{{}, std::make_shared<td::open_schema_set>()};
  const auto checked = check.check(raw, at);
  BOOST_REQUIRE(checked.events.size() == 1u);
  const auto& read = checked.events.front();
  const auto body = raw->body(raw->messages().front());

  BOOST_TEST(event_form::event_id.in(body) == to_string(read.event_id));
  BOOST_TEST(event_form::occurred_at.in(body) == td::to_rfc3339(read.occurred_at));
  BOOST_TEST((td::parse_trace_id(event_form::trace_id.in(body)) == read.trace_id));
  BOOST_TEST(event_form::kind.in(body) == checked.kind(read));
  BOOST_TEST(event_form::source.in(body) == checked.source(read));
  BOOST_TEST(event_form::payload.in(body) == checked.payload(read));
  BOOST_TEST(event_form::producer.in(body) == "42");
}

BOOST_AUTO_TEST_CASE(carry_the_time_they_are_given_across_seconds) {
  event_writer writer{1, 0};
  for (const auto step : {0, 1, 2, 999'999, 1'000'000, 59'000'001}) {
    const auto t = at + std::chrono::microseconds{step};
    BOOST_TEST(event_form::occurred_at.in(writer.next(t)) == td::to_rfc3339(t));
  }
}

BOOST_AUTO_TEST_CASE(have_ids_of_their_own_in_every_producer_and_run) {
  std::set<std::string> ids;
  std::uint64_t made = 0;
  for (const std::uint64_t seed : {1, 2}) {
    for (unsigned producer = 0; producer < 3; ++producer) {
      event_writer writer{seed, producer};
      for (int i = 0; i < 1000; ++i, ++made)
        ids.emplace(event_form::event_id.in(writer.next(at)));
    }
  }
  BOOST_TEST(ids.size() == made);
}

BOOST_AUTO_TEST_CASE(repeat_their_ids_for_the_same_seed) {
  event_writer one{7, 3};
  event_writer other{7, 3};
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(std::string{one.next(at)} == other.next(at));
}

BOOST_AUTO_TEST_CASE(have_the_sizes_they_are_asked_for_and_stay_valid) {
  std::vector<td::schema_definition> shipped;
  for (const auto& s : td::shipped_schemas())
    shipped.push_back({std::string{s.kind}, s.version, false, std::string{s.body}});
  const auto schemas = td::schema_registry::make(shipped, td::unknown_kinds::strict,
                                                 std::make_shared<td::shadow_book>(), nullptr);
  std::vector<std::size_t> sizes;
  for (std::size_t bytes = 350; bytes < 2600; ++bytes)
    sizes.push_back(bytes);
  sizes.insert(sizes.end(), {4096, 65'536, 300'000, 1u << 20});
  event_writer writer{1, 42, sizes};
  auto raw = std::make_shared<td::batch>();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto body = writer.next({.occurred_at = at, .due = at, .size = i});
    BOOST_TEST(body.size() == sizes[i]);
    BOOST_TEST((td::bench::due_in(event_form::trace_id.in(body)) == at));
    raw->add(event_form::topic, body, at);
  }
  const auto checked = td::validator{{}, *schemas}.check(raw, at);
  BOOST_TEST(checked.rejects.empty());
  BOOST_TEST(checked.events.size() == sizes.size());
}

BOOST_AUTO_TEST_CASE(have_the_same_ids_with_and_without_a_due_time) {
  event_writer one{7, 3};
  event_writer other{7, 3};
  for (int i = 0; i < 10; ++i) {
    const std::string id{event_form::event_id.in(one.next(at))};
    BOOST_TEST(id == event_form::event_id.in(other.next({.occurred_at = at, .due = at})));
  }
}

BOOST_AUTO_TEST_CASE(tell_no_due_time_where_there_is_none) {
  for (const auto* text : {"", "0", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "0123456789abcdef"})
    BOOST_TEST(td::bench::due_in(text).time_since_epoch().count() == 0);
}

BOOST_AUTO_TEST_CASE(sum_the_first_32_bits_of_their_ids) {
  event_writer writer{7, 3};
  std::uint64_t sum = 0;
  for (int i = 0; i < 100; ++i)
    sum += std::stoull(std::string{event_form::event_id.in(writer.next(at)).substr(0, 8)}, nullptr,
                       16);
  BOOST_TEST(writer.id_sum() == sum);
}

BOOST_AUTO_TEST_SUITE_END()
