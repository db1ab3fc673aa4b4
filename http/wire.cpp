#include "http/wire.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace td {

wire::wire(std::unique_ptr<transport> bytes, asio::any_io_executor executor,
           std::size_t most_unread, connection_book& book)
    : input{most_unread},
      bytes_{std::move(bytes)},
      executor_{std::move(executor)},
      book_{book},
      timer_{executor_},
      read_done_{executor_} {}

void wire::enter() {
  place_ = book_.enter(shared_from_this());
}

void wire::leave() {
  cut();
  book_.leave(place_);
}

asio::awaitable<bool> wire::handshake() {
  const auto e = co_await bytes_->handshake();
  co_return !e;
}

// -- reading ---

asio::awaitable<void> wire::read_more() {
  read_under_way_ = true;
  const auto r = co_await bytes_->read_some(input.prepare());
  read_under_way_ = false;
  if (r.error) {
    ended_ = true;
  } else {
    input.commit(r.bytes);
  }
}

asio::awaitable<bool> wire::fill() {
  if (!read_under_way_) {
    if (ended_ || input.full()) co_return false;
    co_await read_more();
    co_return !ended_;
  }
  read_done_.expires_at(clock::time_point::max());
  co_await read_done_.async_wait(awaited);
  co_return !ended_ || !input.empty();
}

void wire::look_out() {
  if (read_under_way_ || ended_ || input.full()) return;
  auto run = [](std::shared_ptr<wire> self) -> asio::awaitable<void> {
    while (!self->ended_ && !self->input.full()) {
      co_await self->read_more();
      self->read_done_.cancel();
      if (!self->change) co_return;  // whoever reads the next request goes on from here
    }
    if (self->ended_) self->change();
  };
  read_under_way_ = true;
  asio::co_spawn(executor_, run(shared_from_this()), asio::detached);
}

// -- writing ---

asio::awaitable<bool> wire::write(asio::const_buffer first, asio::const_buffer second) {
  const auto r = co_await bytes_->write(first, second);
  co_return !r.error;
}

asio::awaitable<void> wire::end_writing() {
  co_await bytes_->end_writing();
}

// -- limits ---

void wire::limit(side s, std::chrono::milliseconds from_now) {
  until_[s] = clock::now() + from_now;
  if (until_[s] < armed_) arm(until_[s]);
}

void wire::unlimit(side s) noexcept {
  until_[s] = clock::time_point::max();
}

/// Armed again only for an earlier time: a busy connection sets many limits and meets none.
void wire::arm(clock::time_point at) {
  armed_ = at;
  timer_.expires_at(at);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code e) {
    if (e) return;
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void wire::on_timer() {
  armed_ = clock::time_point::max();
  const auto next = *std::min_element(until_.begin(), until_.end());
  if (next <= clock::now()) {
    cut();
  } else if (next < clock::time_point::max()) {
    arm(next);
  }
}

void wire::cut() noexcept {
  bytes_->close();
  timer_.cancel();
  until_.fill(clock::time_point::max());
}

void wire::cut_soon() {
  asio::post(executor_, [self = shared_from_this()] { self->cut(); });
}

void wire::stop_soon() {
  asio::post(executor_, [self = shared_from_this()] {
    if (self->idle) self->cut();
    if (self->change) self->change();
  });
}

}  // namespace td
