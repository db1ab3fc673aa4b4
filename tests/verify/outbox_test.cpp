#include "verify/outbox.hpp"

#include <map>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace td::verify {

namespace {

outbox::message message(repeat again = repeat::never) {
  return std::make_shared<const planned_message>(planned_message{.again = again});
}

outbox with(std::uint64_t messages, repeat again = repeat::never) {
  outbox box;
  for (std::uint64_t t = 0; t < messages; ++t)
    box.add(t, message(again));
  return box;
}

std::vector<std::uint64_t> publish_all(outbox& box) {
  std::vector<std::uint64_t> tokens;
  while (const auto o = box.next())
    tokens.push_back(o->token);
  return tokens;
}

using tokens = std::vector<std::uint64_t>;

BOOST_AUTO_TEST_CASE(publishes_in_order_and_each_once) {
  auto box = with(4);
  BOOST_TEST(publish_all(box) == (tokens{0, 1, 2, 3}));
  BOOST_TEST(!box.next().has_value());
  BOOST_TEST(box.outstanding() == 4U);
}

BOOST_AUTO_TEST_CASE(holds_a_message_until_it_is_stored) {
  auto box = with(1);
  publish_all(box);
  box.acknowledged(0, 0);
  BOOST_TEST(box.outstanding() == 1U);
  box.stored(0);
  BOOST_TEST(box.outstanding() == 0U);
}

BOOST_AUTO_TEST_CASE(resends_in_order_what_was_not_acknowledged) {
  auto box = with(5);
  publish_all(box);
  box.acknowledged(1, 0);
  box.stored(3);
  box.add(5, message());
  box.connection_lost();
  BOOST_TEST(publish_all(box) == (tokens{0, 2, 4, 5}));
  BOOST_TEST(box.count().resent == 3U);
  BOOST_TEST(box.count().lost_by_broker == 0U);
}

BOOST_AUTO_TEST_CASE(never_resends_to_the_broker_that_acknowledged) {
  auto box = with(3);
  publish_all(box);
  for (std::uint64_t t = 0; t < 3; ++t)
    box.acknowledged(t, 2);
  box.connection_lost();
  BOOST_TEST(box.resend_from_before(2) == 0U);
  BOOST_TEST(publish_all(box).empty());
}

BOOST_AUTO_TEST_CASE(resends_what_a_killed_broker_had_acknowledged) {
  auto box = with(4);
  publish_all(box);
  for (std::uint64_t t = 0; t < 4; ++t)
    box.acknowledged(t, t < 3 ? 1 : 2);
  box.stored(1);
  BOOST_TEST(box.resend_from_before(2) == 2U);
  BOOST_TEST(publish_all(box) == (tokens{0, 2}));
  BOOST_TEST(box.count().lost_by_broker == 2U);
  BOOST_TEST(box.resend_from_before(2) == 0U);
}

BOOST_AUTO_TEST_CASE(does_not_count_as_lost_what_turns_up_before_it_is_resent) {
  auto box = with(2);
  publish_all(box);
  box.acknowledged(0, 0);
  box.acknowledged(1, 0);
  box.resend_from_before(1);
  box.stored(0);
  BOOST_TEST(publish_all(box) == (tokens{1}));
  BOOST_TEST(box.count().lost_by_broker == 1U);
}

BOOST_AUTO_TEST_CASE(takes_an_acknowledgement_only_for_what_is_on_its_way) {
  auto box = with(1);
  publish_all(box);
  box.connection_lost();
  box.acknowledged(0, 0);  // late: it waits to be resent, and must be
  BOOST_TEST(publish_all(box) == (tokens{0}));
}

BOOST_AUTO_TEST_CASE(puts_back_what_the_window_did_not_take) {
  auto box = with(3);
  auto first = box.next();
  BOOST_REQUIRE(first.has_value());
  box.put_back(*first);
  BOOST_TEST(publish_all(box) == (tokens{0, 1, 2}));
  box.connection_lost();
  auto again = box.next();
  BOOST_TEST(box.count().resent == 1U);
  box.put_back(*again);
  BOOST_TEST(box.count().resent == 0U);
}

BOOST_AUTO_TEST_CASE(publishes_again_what_nobody_heard) {
  auto box = with(1);
  publish_all(box);
  box.unheard(0);
  BOOST_TEST(publish_all(box) == (tokens{0}));
  BOOST_TEST(box.count().resent == 0U);
}

BOOST_AUTO_TEST_CASE(repeats_on_purpose_once_acknowledged) {
  auto box = with(1, repeat::when_acknowledged);
  publish_all(box);
  box.acknowledged(0, 0);
  const auto again = box.next();
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->repeated);
  BOOST_TEST(box.count().repeated == 1U);
  BOOST_TEST(!box.next().has_value());
}

BOOST_AUTO_TEST_CASE(repeats_on_purpose_once_stored) {
  auto box = with(1, repeat::when_stored);
  publish_all(box);
  box.acknowledged(0, 0);
  BOOST_TEST(!box.waiting());
  box.stored(0);
  BOOST_TEST(box.waiting());
  const auto again = box.next();
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->repeated);
  BOOST_TEST(box.outstanding() == 0U);
}

BOOST_AUTO_TEST_CASE(probes_go_first) {
  auto box = with(2);
  box.add_in_front(9, message());
  BOOST_TEST(publish_all(box) == (tokens{9, 0, 1}));
}

/// A model broker that may lose, and a database that stores what it is given: whatever happens,
/// every message is stored in the end, and nothing is resent without need.
BOOST_AUTO_TEST_CASE(every_message_is_stored_in_the_end_whatever_the_broker_loses) {
  BOOST_TEST(rc::check("stored in the end", [] {
    const auto messages = *rc::gen::inRange<std::uint64_t>(1, 40);
    auto box = with(messages);
    std::vector<std::uint64_t> unacknowledged;
    std::vector<std::uint64_t> at_broker;
    std::set<std::uint64_t> stored;
    std::uint64_t generation = 0;
    std::uint64_t really_lost = 0;
    const auto acknowledge = [&] {
      for (const auto t : unacknowledged) {
        box.acknowledged(t, generation);
        at_broker.push_back(t);
      }
      unacknowledged.clear();
    };
    const auto deliver = [&] {
      for (const auto t : at_broker) {
        stored.insert(t);
        box.stored(t);
      }
      at_broker.clear();
    };
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
    for (const int step : steps) {
      switch (step) {
        case 0:
          if (const auto o = box.next()) unacknowledged.push_back(o->token);
          break;
        case 1:
          acknowledge();
          break;
        case 2:
          deliver();
          break;
        case 3:  // the connection ends, and what was not acknowledged did not arrive
          box.connection_lost();
          unacknowledged.clear();
          break;
        default:  // the broker is killed, and keeps nothing
          box.connection_lost();
          unacknowledged.clear();
          really_lost += at_broker.size();
          at_broker.clear();
          box.resend_from_before(++generation);
      }
    }
    while (box.outstanding() > 0) {
      const auto o = box.next();
      RC_ASSERT(o.has_value() || !unacknowledged.empty() || !at_broker.empty());
      if (o) unacknowledged.push_back(o->token);
      acknowledge();
      deliver();
    }
    RC_ASSERT(stored.size() == messages);
    RC_ASSERT(box.count().lost_by_broker == really_lost);
  }));
}

}  // namespace

}  // namespace td::verify
