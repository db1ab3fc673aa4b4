#include "identity/hash_pool.hpp"

#include <atomic>
#include <future>
#include <memory>

#include <boost/test/unit_test.hpp>

using namespace td;

namespace {

/// Holds workers until it is opened.
struct gate {
  std::promise<void> opened;
  std::shared_future<void> open{opened.get_future()};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hash_pool_)

BOOST_AUTO_TEST_CASE(runs_what_it_takes) {
  std::promise<int> result;
  hash_pool pool{{.workers = 2, .waiting = 100}};
  BOOST_REQUIRE(pool.submit([&] { result.set_value(7); }));
  BOOST_TEST(result.get_future().get() == 7);
}

BOOST_AUTO_TEST_CASE(refuses_what_would_wait_beyond_the_bound_and_recovers) {
  gate g;
  std::promise<void> begun;
  std::promise<void> done;
  std::atomic<int> ran{};
  hash_pool pool{{.workers = 1, .waiting = 2}};  // last: it ends before what its work uses
  BOOST_REQUIRE(pool.submit([&] {
    begun.set_value();
    g.open.wait();
  }));
  begun.get_future().wait();  // the worker is busy, nothing waits
  BOOST_TEST(!!pool.submit([&] { ++ran; }));
  BOOST_TEST(!!pool.submit([&] { ++ran; }));
  BOOST_TEST(pool.waiting() == 2u);
  const auto refused = pool.submit([&] { ++ran; });
  BOOST_TEST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == errc::overloaded));
  g.opened.set_value();
  for (;;) {
    if (pool.submit([&] { done.set_value(); })) break;
  }
  done.get_future().wait();
  BOOST_TEST(ran == 2);
}

BOOST_AUTO_TEST_CASE(as_many_run_at_once_as_there_are_workers) {
  constexpr std::size_t workers = 3;
  std::atomic<std::size_t> inside{};
  std::atomic<bool> fourth{};
  std::promise<void> all_inside;
  gate g;
  hash_pool pool{{.workers = workers, .waiting = 100}};
  for (std::size_t i = 0; i < workers; ++i) {
    BOOST_REQUIRE(pool.submit([&] {
      if (++inside == workers) all_inside.set_value();
      g.open.wait();
    }));
  }
  all_inside.get_future().wait();
  BOOST_REQUIRE(pool.submit([&] { fourth = true; }));
  BOOST_TEST(!fourth);
  BOOST_TEST(pool.waiting() == 1u);
  g.opened.set_value();
}

BOOST_AUTO_TEST_CASE(its_end_waits_for_what_runs_and_drops_what_waits) {
  auto pool = std::make_unique<hash_pool>(hash_pool::limits{.workers = 1, .waiting = 10});
  gate g;
  std::promise<void> begun;
  std::atomic<bool> finished{};
  BOOST_REQUIRE(pool->submit([&] {
    begun.set_value();
    g.open.wait();
    finished = true;
  }));
  begun.get_future().wait();
  const auto token = std::make_shared<int>(1);
  std::atomic<bool> ran{};
  BOOST_REQUIRE(pool->submit([token, &ran] { ran = true; }));
  std::thread opener{[&] {
    while (token.use_count() > 1)  // dropped at the end, before what runs is waited for
      std::this_thread::yield();
    g.opened.set_value();
  }};
  pool.reset();
  opener.join();
  BOOST_TEST(finished);
  BOOST_TEST(!ran);
}

BOOST_AUTO_TEST_CASE(what_runs_may_be_the_one_that_ends_it) {
  auto pool = std::make_shared<hash_pool>(hash_pool::limits{.workers = 1, .waiting = 10});
  // Its thread outlives the test by a moment: nothing of the test's own is used there.
  const auto ended = std::make_shared<std::promise<void>>();
  const auto g = std::make_shared<gate>();
  auto future = ended->get_future();
  BOOST_REQUIRE(pool->submit([ended, g, own = pool]() mutable {
    g->open.wait();
    own.reset();
    ended->set_value();
  }));
  pool.reset();
  g->opened.set_value();
  future.wait();
}

BOOST_AUTO_TEST_SUITE_END()
