#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "http/async.hpp"
#include "http/rendezvous.hpp"
#include "pipeline/result.hpp"

namespace td {

/// Waits for somebody who answers through a function, on any thread, at once or later: `begin` is
/// called with that function. timed_out when no answer has come in time; it then goes nowhere.
template <class T>
asio::awaitable<result<T>> await_reply(std::function<void(std::function<void(result<T>)>)> begin,
                                       std::chrono::milliseconds at_most) {
  struct meeting {
    std::shared_ptr<rendezvous> place = std::make_shared<rendezvous>();
    std::optional<result<T>> brought{};
  };
  const auto m = std::make_shared<meeting>();
  begin([m](result<T> r) {
    m->brought.emplace(std::move(r));
    m->place->arrive();
  });
  const bool arrived = co_await m->place->wait(at_most);
  if (!arrived) co_return failure{errc::timed_out, "no answer in time", {}};
  co_return *std::move(m->brought);
}

}  // namespace td
