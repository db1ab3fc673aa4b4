#include "verify/expectation_book.hpp"

#include <boost/test/unit_test.hpp>

namespace td::verify {

namespace {

expectation sound(std::uint8_t n) {
  return {.key = {{n}}};
}

BOOST_AUTO_TEST_CASE(counts_what_was_published_acknowledged_and_seen_each_once) {
  expectation_book book;
  const auto one = book.expect(sound(1), 0);
  const auto two = book.expect({.key = {{2}}, .dead_letter = true}, 1);
  book.acknowledged(one);
  book.acknowledged(one);
  BOOST_TEST(book.seen({{2}}, true).has_value());
  BOOST_TEST(!book.seen({{2}}, true).has_value());
  const auto c = book.count();
  BOOST_TEST(c.published == 2U);
  BOOST_TEST(c.broken == 1U);
  BOOST_TEST(c.acknowledged == 1U);
  BOOST_TEST(c.stored == 0U);
  BOOST_TEST(c.dead_lettered == 1U);
  BOOST_TEST(book.at(two).stored);
  BOOST_TEST(!book.at(one).stored);
}

BOOST_AUTO_TEST_CASE(says_whose_message_was_seen) {
  expectation_book book;
  book.expect(sound(1), 4);
  const auto t = book.expect(sound(2), 7);
  const auto seen = book.seen({{2}}, false);
  BOOST_REQUIRE(seen.has_value());
  BOOST_TEST(seen->of == t);
  BOOST_TEST(seen->producer == 7U);
}

BOOST_AUTO_TEST_CASE(does_not_know_what_nobody_published) {
  expectation_book book;
  book.expect(sound(1), 0);
  BOOST_TEST(!book.seen({{3}}, false).has_value());
  BOOST_TEST(!book.find({{3}}).has_value());
  BOOST_TEST(book.count().stored == 0U);
}

BOOST_AUTO_TEST_CASE(refuses_a_key_twice) {
  expectation_book book;
  book.expect(sound(1), 0);
  BOOST_CHECK_THROW(book.expect(sound(1), 1), std::logic_error);
}

}  // namespace

}  // namespace td::verify
