#include "http/database.hpp"

#include <future>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/http/raw_client.hpp"
#include "tests/http/test_api.hpp"

using namespace td;
using namespace std::chrono_literals;
using td::testing::raw_client;
using td::testing::serve_api;
using td::testing::test_api;
using td::testing::test_route;

namespace {

/// A gate that does what the test says, when it says so.
class manual_gate final : public database_gate {
 public:
  void submit(job work, reply then, std::chrono::milliseconds) override {
    if (refusal) return then(*refusal);
    const std::lock_guard lock{mutex_};
    waiting_.push_back({std::move(work), std::move(then)});
  }
  bool up() const override { return true; }
  std::size_t waiting() const override {
    const std::lock_guard lock{mutex_};
    return waiting_.size();
  }

  /// Runs what waits, on this thread.
  void run() {
    std::vector<std::pair<job, reply>> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(waiting_);
    }
    pg::session closed;
    for (auto& [work, then] : all)
      then(work(closed));
  }

  std::optional<failure> refusal{};

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<job, reply>> waiting_;
};

/// The outcome of a coroutine on an io context of its own, which ends first.
template <class T>
T outcome_of(asio::awaitable<T> what) {
  asio::io_context io{1};
  auto future = asio::co_spawn(io, std::move(what), asio::use_future);
  io.run();
  return future.get();
}

std::function<result<int>(pg::session&)> seven() {
  return [](pg::session&) -> result<int> { return 7; };
}

struct fixture {
  std::shared_ptr<manual_gate> gate = std::make_shared<manual_gate>();
  database db;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_access, fixture)

BOOST_AUTO_TEST_CASE(before_the_service_is_there_it_is_starting) {
  const auto r = outcome_of(db.run<int>(seven()));
  BOOST_REQUIRE(!r);
  BOOST_TEST(r.error().kind == &problems::starting);
}

BOOST_AUTO_TEST_CASE(work_runs_elsewhere_and_its_value_comes_back) {
  db.open(gate);
  std::thread reader{[&] {
    while (gate->waiting() == 0)
      std::this_thread::yield();
    gate->run();
  }};
  const auto r = outcome_of(db.run<int>(seven(), 10s));
  reader.join();
  BOOST_REQUIRE(r);
  BOOST_TEST(*r == 7);
}

BOOST_AUTO_TEST_CASE(refusals_and_failures_become_problems) {
  db.open(gate);
  const std::vector<std::pair<errc, const problem_kind*>> table{
      {errc::overloaded, &problems::busy},     {errc::database_away, &problems::database_away},
      {errc::timed_out, &problems::timed_out}, {errc::stopping, &problems::stopping},
      {errc::not_found, &problems::not_found}, {errc::internal, &problems::internal},
      {errc::conflict, &problems::conflict},   {errc::permission_denied, &problems::internal},
  };
  for (const auto& [code, kind] : table) {
    gate->refusal = failure{code, "secret", {}};
    const auto r = outcome_of(db.run<void>([](pg::session&) -> result<void> { return ok(); }));
    BOOST_REQUIRE(!r);
    BOOST_TEST(r.error().kind == kind);
    if (kind->status >= 500) BOOST_TEST(r.error().detail.find("secret") == std::string::npos);
    if (kind->status == 503) BOOST_TEST(r.error().headers.at(0).first == "Retry-After");
  }
}

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_come_is_not_waited_for_and_may_come_later) {
  db.open(gate);
  const auto r = outcome_of(db.ask<int>(seven(), 50ms));
  BOOST_REQUIRE(!r);
  BOOST_TEST((r.error().code == errc::timed_out));
  gate->run();  // the io context is gone: nothing happens
}

BOOST_AUTO_TEST_CASE(a_server_ends_while_its_handlers_wait) {
  const auto shared = std::make_shared<database>();
  shared->open(gate);
  http_limits limits;
  limits.stop = 100ms;
  auto server = serve_api(
      test_api(
          {test_route(http_method::get, "/x",
                      awaiting_handler{[shared](const request&) -> asio::awaitable<http_answer> {
                        const auto r = co_await shared->run<int>(seven(), 60s);
                        if (!r) co_return r.error();
                        http_answer a{200, "text/plain", std::to_string(*r)};
                        co_return a;
                      }})}),
      {.limits = limits});
  raw_client answered{server->port()};
  answered.get("/x");
  while (gate->waiting() == 0)
    std::this_thread::yield();
  gate->run();
  BOOST_TEST(answered.answer()->body == "7");

  raw_client left{server->port()};
  left.get("/x");
  while (gate->waiting() == 0)
    std::this_thread::yield();
  server->stop();
  server.reset();
  BOOST_TEST(left.closed());
  gate->run();  // nobody is there any more
}

BOOST_AUTO_TEST_SUITE_END()
