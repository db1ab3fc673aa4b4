#include "storage/mirror_rows.hpp"

#include <algorithm>
#include <tuple>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "tests/storage/fixtures.hpp"

using namespace td;
using namespace td::test;
using std::chrono::days;
using std::chrono::floor;

BOOST_AUTO_TEST_SUITE(mirror_rows)

BOOST_AUTO_TEST_CASE(writing_order_depends_on_the_events_alone_and_never_on_how_they_came) {
  const auto property = [](std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>> rows) {
    batch_builder builder;
    for (const auto& [id, day, second] : rows) {
      builder.event(id_of(id, id % 3), "{}",
                    timestamp{days{day % 4}} + std::chrono::seconds{second % 2});
    }
    const auto b = builder.build();
    write_order order;
    order.sort(b);
    RC_ASSERT(order.events().size() == rows.size());
    const auto key = [&b](std::uint32_t i) {
      const auto& e = b.events[i];
      return std::tuple{floor<days>(e.occurred_at), e.event_id, e.occurred_at, i};
    };
    bool repeats = false;
    for (std::size_t i = 1; i < order.events().size(); ++i) {
      const auto x = key(order.events()[i - 1]);
      const auto y = key(order.events()[i]);
      RC_ASSERT(x < y);
      repeats |= std::get<1>(x) == std::get<1>(y) && std::get<2>(x) == std::get<2>(y);
    }
    RC_ASSERT(order.repeats() == repeats);
    if (!rows.empty()) {
      const auto [low, high] =
          std::minmax_element(b.events.begin(), b.events.end(),
                              [](auto& x, auto& y) { return x.occurred_at < y.occurred_at; });
      RC_ASSERT(order.first_occurred_at() == low->occurred_at);
      RC_ASSERT(order.last_occurred_at() == high->occurred_at);
    }
    const auto all = order.days(b);
    RC_ASSERT(std::is_sorted(all.begin(), all.end()));
    RC_ASSERT(std::adjacent_find(all.begin(), all.end()) == all.end());
  };
  BOOST_TEST(rc::check(property));
}

BOOST_AUTO_TEST_CASE(sets_times_aside_that_no_partition_can_hold) {
  using std::chrono::sys_days;
  using std::chrono::year;
  const timestamp first = sys_days{year{1} / 1 / 1};
  const timestamp end = sys_days{year{9999} / 12 / 31} + days{1};
  const std::chrono::microseconds tick{1};
  BOOST_TEST(storable(first));
  BOOST_TEST(!storable(first - tick));
  BOOST_TEST(storable(end - tick));
  BOOST_TEST(!storable(end));
  write_order order;
  order.sort(batch_builder{}.event(id_of(1), "{}", end).event(id_of(2), "{}", first).build());
  BOOST_TEST_REQUIRE(order.unstorable().size() == 1u);
  BOOST_TEST(order.unstorable()[0] == 0u);
  BOOST_TEST(order.events()[0] == 1u);
}

BOOST_AUTO_TEST_CASE(is_as_good_as_new_for_the_next_batch) {
  write_order order;
  order.sort(batch_builder{}.events(0, 5).events(0, 5).build());
  BOOST_TEST(order.repeats());
  order.sort(batch_builder{}.event(id_of(1)).build());
  BOOST_TEST(!order.repeats());
  BOOST_TEST(order.events().size() == 1u);
  BOOST_TEST((order.first_occurred_at() == noon()));
  order.sort(batch_builder{}.build());
  BOOST_TEST(order.events().empty());
}

BOOST_AUTO_TEST_SUITE_END()
