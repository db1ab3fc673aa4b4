#include "actors/answer.hpp"

#include <optional>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

struct heard {
  int times{};
  std::optional<result<int>> last{};

  answer<int> expect() {
    return answer<int>{[this](result<int> r) {
      ++times;
      last = std::move(r);
    }};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(answers)

BOOST_AUTO_TEST_CASE(the_first_one_counts) {
  heard h;
  {
    const auto a = h.expect();
    const auto copy = a;
    copy(1);
    a(2);
    a(failure{errc::timed_out, ""});
  }
  BOOST_TEST(h.times == 1);
  BOOST_TEST(**h.last == 1);
}

BOOST_AUTO_TEST_CASE(whoever_is_forgotten_is_told_that_it_stops) {
  heard h;
  {
    const auto a = h.expect();
    const auto copy = a;
  }
  BOOST_TEST(h.times == 1);
  BOOST_TEST((h.last->error().code == errc::stopping));
}

BOOST_AUTO_TEST_CASE(of_many_who_answer_at_once_one_is_heard) {
  for (int round = 0; round < 200; ++round) {
    heard h;
    {
      const auto a = h.expect();
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([a, i] { a(i); });
      for (auto& t : threads)
        t.join();
    }
    BOOST_TEST(h.times == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
