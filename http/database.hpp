#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "actors/database_gate.hpp"
#include "http/async.hpp"
#include "http/problem.hpp"
#include "http/rendezvous.hpp"

namespace td {

/// How handlers use the database: `co_await db.run<project>([=](pg::session& s) { ... })`. The work
/// runs on another thread, so it takes what it needs by value. Made before the service is; closed
/// until `open`. Any thread.
class database {
 public:
  static constexpr std::chrono::milliseconds usual{10'000};  ///< waiting for a connection included

  void open(std::shared_ptr<database_gate> gate) {
    const std::lock_guard lock{mutex_};
    gate_ = std::move(gate);
  }

  /// What the work returned, or why it was not run or not awaited: overloaded, database_away,
  /// timed_out (it may still happen), stopping. Not open: overloaded.
  template <class T>
  asio::awaitable<result<T>> ask(std::function<result<T>(pg::session&)> work,
                                 std::chrono::milliseconds timeout = usual);

  /// The same for the client: `co_return r.error();` is its answer. Not open: starting.
  template <class T>
  asio::awaitable<http_result<T>> run(std::function<result<T>(pg::session&)> work,
                                      std::chrono::milliseconds timeout = usual);

 private:
  std::shared_ptr<database_gate> gate() const {
    const std::lock_guard lock{mutex_};
    return gate_;
  }

  mutable std::mutex mutex_;
  std::shared_ptr<database_gate> gate_;
};

template <class T>
asio::awaitable<result<T>> database::ask(std::function<result<T>(pg::session&)> work,
                                         std::chrono::milliseconds timeout) {
  struct meeting {
    std::shared_ptr<rendezvous> place = std::make_shared<rendezvous>();
    std::optional<result<T>> brought{};
  };
  const auto to = gate();
  if (!to) co_return failure{errc::overloaded, "the service is starting", {}};
  const auto m = std::make_shared<meeting>();
  to->submit(
      [m, work = std::move(work)](pg::session& s) -> result<void> {
        m->brought.emplace(work(s));
        if (!*m->brought) return m->brought->error();
        return ok();
      },
      [m](result<void> done) {
        if (!done) m->brought.emplace(done.error());
        m->place->arrive();
      },
      timeout);
  const bool arrived = co_await m->place->wait(timeout);
  if (!arrived) co_return failure{errc::timed_out, "the database did not answer in time", {}};
  co_return *std::move(m->brought);
}

template <class T>
asio::awaitable<http_result<T>> database::run(std::function<result<T>(pg::session&)> work,
                                              std::chrono::milliseconds timeout) {
  if (!gate()) co_return still_starting();
  auto r = co_await ask<T>(std::move(work), timeout);
  if (!r) co_return problem_of(r.error());
  if constexpr (std::is_void_v<T>) {
    co_return http_result<T>{};
  } else {
    co_return *std::move(r);
  }
}

}  // namespace td
