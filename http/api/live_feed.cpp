#include "http/api/live_feed.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/gate_call.hpp"

namespace td {

std::unique_ptr<live_feed::listener> live_feed::listen(asio::any_io_executor on,
                                                       std::function<void()> ring) {
  const std::lock_guard lock{mutex_};
  const auto number = next_ear_++;
  ears_[number] = std::move(ring);
  if (!std::exchange(follows_, true)) {
    forget();  // what was kept is as old as the last listener
    asio::co_spawn(
        on, [self = shared_from_this()] { return self->follow(); }, asio::detached);
  }
  return std::make_unique<listener>(shared_from_this(), number);
}

void live_feed::forget() {
  begin_.reset();
  newest_.reset();
  tail_.clear();
  bytes_ = 0;
}

void live_feed::leave(std::size_t number) {
  const std::lock_guard lock{mutex_};
  ears_.erase(number);
}

bool live_feed::abandoned() {
  const std::lock_guard lock{mutex_};
  if (!ears_.empty()) return false;
  follows_ = false;
  return true;
}

asio::awaitable<void> live_feed::follow() {
  asio::steady_timer pause{co_await asio::this_coro::executor};
  std::optional<feed_place> place;
  while (!abandoned()) {
    if (!place) {
      const auto at = co_await ask<std::int64_t>(*gate_, newest_position);
      if (at) {
        place = feed_place{*at};
        const std::lock_guard lock{mutex_};
        begin_ = end_ = *place;
        newest_ = *at;
      }
    }
    bool more = false;
    if (place) {
      auto page = co_await ask<feed_page>(*gate_, [from = *place](pg::session& s) {
        return read_feed(s, from, most_events_a_page);
      });
      if (page && page->last_position < place->position) {
        place.reset();  // another database, or an older copy of this one
        const std::lock_guard lock{mutex_};
        forget();
      } else if (page) {
        place = page->reached;
        more = page->more;
        take(*std::move(page));
      }
    }
    if (more) continue;
    pause.expires_after(limits_.poll);
    co_await pause.async_wait(awaited);
  }
}

void live_feed::take(feed_page page) {
  std::vector<std::function<void()>> rings;
  {
    const std::lock_guard lock{mutex_};
    newest_ = page.last_position;
    end_ = page.reached;
    for (auto& e : page.events) {
      const auto place = *parse_feed_place(e.place);
      bytes_ += e.payload.size();
      tail_.push_back(std::make_shared<const live_event>(live_event{place, std::move(e)}));
    }
    while (tail_.size() > limits_.events || bytes_ > limits_.bytes) {
      begin_ = tail_.front()->place;
      bytes_ -= tail_.front()->event.payload.size();
      tail_.pop_front();
    }
    if (page.events.empty()) return;
    rings.reserve(ears_.size());
    for (const auto& [number, ring] : ears_)
      rings.push_back(ring);
  }
  for (const auto& ring : rings)
    ring();
}

std::optional<live_stretch> live_feed::behind(feed_place from, std::size_t most) const {
  const std::lock_guard lock{mutex_};
  if (!begin_ || from < *begin_ || end_ < from) return std::nullopt;
  live_stretch s{.reached = end_};
  auto at = std::upper_bound(tail_.begin(), tail_.end(), from,
                             [](const feed_place& p, const auto& e) { return p < e->place; });
  for (; at != tail_.end(); ++at) {
    if (s.events.size() == most) {
      s.reached = s.events.back()->place;
      break;
    }
    s.events.push_back(*at);
  }
  return s;
}

std::optional<std::int64_t> live_feed::newest() const {
  const std::lock_guard lock{mutex_};
  return newest_;
}

}  // namespace td
