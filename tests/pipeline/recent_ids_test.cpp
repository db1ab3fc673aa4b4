#include "pipeline/recent_ids.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using td::recent_ids;
using td::timestamp;
using td::uuid;

namespace {

timestamp at(std::int64_t microseconds) {
  return timestamp{std::chrono::microseconds{microseconds}};
}

uuid numbered(std::uint32_t n) {
  uuid id;
  for (int i = 0; i < 4; ++i)
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(n >> 8 * i);
  return id;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recently_seen_ids)

BOOST_AUTO_TEST_CASE(an_id_with_another_time_is_noticed_and_the_same_time_is_not) {
  recent_ids seen;
  auto const id = td::random_uuid();
  BOOST_TEST(!seen.restamped(id, at(1)));
  BOOST_TEST(!seen.restamped(id, at(1)));
  BOOST_TEST(seen.restamped(id, at(2)));
  BOOST_TEST(!seen.restamped(id, at(2)));
  BOOST_TEST(seen.restamped(id, at(1)));
  BOOST_TEST(!seen.restamped(td::random_uuid(), at(2)));
}

BOOST_AUTO_TEST_CASE(an_empty_cache_knows_nobody) {
  for (std::size_t const slots : {0, 1, 2, 3, 64}) {
    for (std::uint32_t n = 0; n < 500; ++n) {
      recent_ids seen{slots};
      if (seen.restamped(numbered(n), at(n))) BOOST_ERROR("slots " << slots << " id " << n);
    }
  }
}

RC_BOOST_PROP(a_small_cache_forgets_but_never_invents_a_repeat, ()) {
  recent_ids seen{8};
  std::vector<std::int64_t> times(64, -1);
  for (int i = 0; i < 500; ++i) {
    auto const n = *rc::gen::resize(100, rc::gen::inRange<std::uint32_t>(0, 64));
    auto const time = *rc::gen::inRange<std::int64_t>(0, 3);
    if (seen.restamped(numbered(n), at(time))) {
      RC_ASSERT(times[n] != -1);
      RC_ASSERT(times[n] != time);
    }
    times[n] = time;
  }
}

BOOST_AUTO_TEST_CASE(threads_that_race_for_a_slot_never_invent_a_repeat) {
  recent_ids seen{2};  // every id meets every other
  std::atomic<int> invented{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (std::uint32_t i = 0; i < 100'000; ++i) {
          auto const n = i % 7;
          if (seen.restamped(numbered(n), at(1'795'178'096'000'000 + n))) ++invented;
        }
      });
    }
  }
  BOOST_TEST(invented == 0);
}

BOOST_AUTO_TEST_SUITE_END()
