#include "bench/truth.hpp"

#include <boost/test/unit_test.hpp>

using namespace td::bench;

BOOST_AUTO_TEST_SUITE(truths)

BOOST_AUTO_TEST_CASE(hold_only_when_everything_published_is_there_and_nothing_else) {
  const stored_truth exact{.rows = 1000, .id_sum = 77, .journalled = 1000, .duplicates = 12};
  BOOST_TEST(check_exact(exact, 1000, 77).has_value());

  const auto fails = [](stored_truth found) {
    const auto checked = check_exact(found, 1000, 77);
    return !checked && checked.error().code == td::errc::accounting_mismatch;
  };
  auto lost = exact;
  lost.rows = 999;
  BOOST_TEST(fails(lost));
  auto more = exact;
  more.rows = 1001;
  BOOST_TEST(fails(more));
  auto others = exact;
  others.id_sum = 78;
  BOOST_TEST(fails(others));
  auto unaccounted = exact;
  unaccounted.journalled = 999;
  BOOST_TEST(fails(unaccounted));
  auto dead = exact;
  dead.dead_letters = 1;
  BOOST_TEST(fails(dead));
}

BOOST_AUTO_TEST_SUITE_END()
