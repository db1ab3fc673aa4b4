#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "actors/identity.hpp"
#include "http/await_reply.hpp"
#include "http/problem.hpp"
#include "http/request.hpp"

namespace td {

/// How handlers use the identity service:
/// `co_await who.call<signed_in>([=](identity_service& s, auto done) { s.login(..., done); })`.
/// Made before the service is; closed until `open`. Any thread.
class identity {
 public:
  template <class T>
  using reply = identity_service::reply<T>;

  /// `required` false: the service runs without sign-in (identity.secret_file is empty).
  explicit identity(bool required) : required_{required} {}

  void open(std::shared_ptr<identity_service> service) {
    const std::lock_guard lock{mutex_};
    service_ = std::move(service);
  }

  bool required() const noexcept { return required_; }

  /// Null until `open`, and where there is no sign-in.
  std::shared_ptr<identity_service> service() const {
    const std::lock_guard lock{mutex_};
    return service_;
  }

  /// What the service answers, or the client's problem: `co_return r.error();`. Not open: starting.
  template <class T>
  asio::awaitable<http_result<T>> call(std::function<void(identity_service&, reply<T>)> what) {
    const auto s = service();
    if (!s) co_return unopened();
    std::function<void(reply<T>)> begin = [s, what = std::move(what)](reply<T> done) {
      what(*s, std::move(done));
    };
    auto r = co_await await_reply<T>(std::move(begin), patience);
    if (!r) co_return problem_of(r.error());
    if constexpr (std::is_void_v<T>) {
      co_return http_result<T>{};
    } else {
      co_return *std::move(r);
    }
  }

  /// The same for work with the stores of identity.
  template <class T>
  asio::awaitable<http_result<T>> ask(std::function<result<T>(identity_stores&)> work) {
    std::function<void(identity_service&, reply<T>)> what =
        [work = std::move(work)](identity_service& s, reply<T> done) {
          s.ask<T>(work, std::move(done));
        };
    return call<T>(std::move(what));
  }

  /// What is answered where there is nobody to ask.
  problem unopened() const;

 private:
  /// The service answers by itself within `answer_within`.
  static constexpr std::chrono::milliseconds patience =
      identity_service::answer_within + std::chrono::seconds{1};

  bool required_;
  mutable std::mutex mutex_;
  std::shared_ptr<identity_service> service_;
};

/// Where a request comes from, for the audit log.
requester requester_of(const request& r);

/// Who acts, for the audit log and for the events of what they write. `r.who` must be there.
acting acting_of(const request& r);

}  // namespace td
