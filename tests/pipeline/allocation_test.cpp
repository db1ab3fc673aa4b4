#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "pipeline/validate.hpp"
#include "tests/pipeline/counted_allocations.hpp"
#include "tests/pipeline/event_text.hpp"

namespace {

const td::timestamp at = *td::parse_rfc3339("2026-11-20T12:00:00Z");

std::shared_ptr<const td::batch> make_batch(int events) {
  auto batch = std::make_shared<td::batch>();
  for (int i = 0; i < events; ++i) {
    auto event = td::test::event_text::native();
    if (i % 3 == 1)
      event = td::test::event_text::cloud().with("id", fmt::format("\"order-{}\"", i));
    if (i % 3 == 2)
      event = event.with("payload", R"({"text":"a \"quoted\" word","\u0061":[1.5,{}]})");
    batch->add("tracker/events/tasks/updated", event.text(), at);
  }
  return batch;
}

std::size_t allocations_for(td::validator& v, const std::shared_ptr<const td::batch>& batch) {
  auto const before = td::test::allocations();
  auto const checked = v.check(batch, at);
  auto const after = td::test::allocations();
  BOOST_REQUIRE_EQUAL(checked.events.size(), batch->size());
  return after - before;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(allocations_of_validation)

BOOST_AUTO_TEST_CASE(a_warm_validator_allocates_per_batch_and_never_per_event) {
  td::validator v{{}, std::make_shared<td::open_schema_set>()};
  auto const small = make_batch(300);
  auto const large = make_batch(3000);
  BOOST_TEST(allocations_for(v, small) > 0u);  // it is counted at all
  auto const for_small = allocations_for(v, small);
  auto const for_large = allocations_for(v, large);
  BOOST_TEST(for_small <= 4u);
  BOOST_TEST(for_large <= 4u);
}

BOOST_AUTO_TEST_CASE(what_large_bodies_needed_is_given_back_after_their_batch) {
  td::validator v{{}, std::make_shared<td::open_schema_set>()};
  auto const usual = make_batch(300);
  allocations_for(v, usual);
  std::string keys = "{";
  for (int i = 0; i < 30'000; ++i)
    keys += fmt::format("\"\\u0061{}\":[],", i);
  keys.back() = '}';
  auto const large = std::make_shared<td::batch>();
  large->add("tracker/events/tasks/updated",
             td::test::event_text::native().with("payload", keys).text(), at);
  auto const before = td::test::allocated_bytes();
  allocations_for(v, large);
  BOOST_TEST(td::test::allocated_bytes() < before + 100'000);
  allocations_for(v, usual);
}

BOOST_AUTO_TEST_SUITE_END()
