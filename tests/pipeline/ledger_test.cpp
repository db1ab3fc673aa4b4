#include "pipeline/ledger.hpp"

#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace td;

BOOST_AUTO_TEST_SUITE(ledger_test)

BOOST_AUTO_TEST_CASE(accounts_for_every_message_on_its_way) {
  ledger books;
  books.receive(10);
  BOOST_TEST(books.read().in_flight == 10u);
  books.settle(7, verdict{.stored = 4, .duplicate = 2, .dead_lettered = 1});
  books.give_back(3);
  const auto c = books.read();
  BOOST_TEST(c.received == 10u);
  BOOST_TEST(c.stored == 4u);
  BOOST_TEST(c.duplicate == 2u);
  BOOST_TEST(c.dead_lettered == 1u);
  BOOST_TEST(c.given_back == 3u);
  BOOST_TEST(c.in_flight == 0u);
  BOOST_TEST(c.unaccounted() == 0);
}

BOOST_AUTO_TEST_CASE(shows_messages_that_a_verdict_forgot) {
  ledger books;
  books.receive(5);
  books.settle(5, verdict{.stored = 4});
  BOOST_TEST(books.read().unaccounted() == 1);
}

BOOST_AUTO_TEST_CASE(is_balanced_at_every_moment_while_many_threads_count) {
  ledger books;
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < 4; ++lane) {
    lanes.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        books.receive(3);
        books.settle(2, verdict{.stored = 1, .duplicate = 1});
        books.give_back(1);
      }
    });
  }
  for (int i = 0; i < 2000; ++i)
    BOOST_REQUIRE_EQUAL(books.read().unaccounted(), 0);
  for (auto& t : lanes)
    t.join();
  BOOST_TEST(books.read().received == 24000u);
  BOOST_TEST(books.read().in_flight == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
