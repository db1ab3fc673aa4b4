#include "http/rendezvous.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace td {

/// Ends the wait for good, also when the coroutine is destroyed in the middle of it.
class rendezvous::waiting {
 public:
  explicit waiting(rendezvous& r) : r_{r} {}
  ~waiting() {
    const std::lock_guard lock{r_.mutex_};
    r_.timer_ = nullptr;
    r_.executor_.reset();
  }
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;

 private:
  rendezvous& r_;
};

asio::awaitable<bool> rendezvous::wait(std::chrono::milliseconds at_most) {
  const auto self = shared_from_this();
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, at_most};
  const waiting ends{*this};
  {
    const std::lock_guard lock{mutex_};
    if (arrived_) co_return true;
    timer_ = &timer;
    executor_ = executor;
  }
  co_await timer.async_wait(awaited);
  const std::lock_guard lock{mutex_};
  timer_ = nullptr;
  co_return arrived_;
}

void rendezvous::arrive() {
  const std::lock_guard lock{mutex_};
  arrived_ = true;
  if (timer_ == nullptr) return;
  asio::post(*executor_, [self = shared_from_this()] {
    const std::lock_guard on_its_thread{self->mutex_};
    if (self->timer_ != nullptr) self->timer_->cancel();
  });
}

}  // namespace td
