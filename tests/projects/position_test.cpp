#include "projects/position.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>
#include <rapidcheck/boost_test.h>

using namespace td;

namespace {

std::string between(const std::optional<std::string>& after,
                    const std::optional<std::string>& before) {
  const auto r = position_between(after, before);
  if (!r) throw std::runtime_error(r.error().detail);
  return *r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(positions)

RC_BOOST_PROP(between_any_two_there_is_another, ()) {
  std::vector<std::string> list{between(std::nullopt, std::nullopt)};
  for (int i = 0; i < 40; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, list.size() + 1);
    std::optional<std::string> after;
    std::optional<std::string> before;
    if (at > 0) after = list[at - 1];
    if (at < list.size()) before = list[at];
    const auto fresh = between(after, before);
    RC_ASSERT(is_position(fresh));
    RC_ASSERT(!after || *after < fresh);
    RC_ASSERT(!before || fresh < *before);
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), fresh);
  }
}

BOOST_AUTO_TEST_CASE(a_list_that_grows_at_one_end_keeps_short_positions) {
  auto last = between(std::nullopt, std::nullopt);
  auto first = last;
  for (int i = 0; i < 100'000; ++i) {
    const auto next = between(last, std::nullopt);
    BOOST_REQUIRE(last < next);
    last = next;
    const auto previous = between(std::nullopt, first);
    BOOST_REQUIRE(previous < first);
    first = previous;
  }
  BOOST_TEST(last.size() == 5u);
  BOOST_TEST(first.size() == 5u);
}

BOOST_AUTO_TEST_CASE(the_ends_of_what_has_five_digits_are_no_end) {
  BOOST_TEST((between(std::string{"zzzzz"}, std::nullopt) > "zzzzz"));
  const auto before_all = between(std::nullopt, std::string{"00001"});
  BOOST_TEST((before_all < "00001"));
  BOOST_TEST(is_position(before_all));
  BOOST_TEST(between(std::string{"W"}, std::nullopt) == "W0001");
}

BOOST_AUTO_TEST_CASE(halving_for_ever_is_refused_with_what_to_do) {
  std::string low{"1"}, high{"2"};
  for (int i = 0; i < 5000; ++i) {
    const auto r = position_between(low, high);
    if (r) {
      high = *r;
      continue;
    }
    BOOST_TEST((r.error().code == errc::value_invalid));
    BOOST_TEST(r.error().detail.find("number the list anew") != std::string::npos);
    BOOST_TEST(i > 500);
    return;
  }
  BOOST_ERROR("positions grow without a bound");
}

BOOST_AUTO_TEST_CASE(what_is_none_is_refused) {
  for (const auto* text : {"", "0", "A0", "a b", "ä", "A-1"}) {
    BOOST_TEST(!is_position(text), text);
    BOOST_TEST(!position_between(std::string{text}, std::nullopt), text);
  }
  BOOST_TEST(!is_position(std::string(201, 'a')));
  BOOST_TEST(!position_between(std::string{"B"}, std::string{"A"}));
  BOOST_TEST(!position_between(std::string{"B"}, std::string{"B"}));
}

RC_BOOST_PROP(spread_positions_are_in_order_and_leave_room, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(0, 5000);
  const auto all = spread_positions(count);
  RC_ASSERT(all.size() == count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    RC_ASSERT(is_position(all[i]));
    if (i > 0) RC_ASSERT(all[i - 1] < all[i]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
