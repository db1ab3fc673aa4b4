#include "identity/hash_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <utility>

#include <fmt/format.h>

namespace td {

struct hash_pool::shared_state {
  explicit shared_state(limits l) : most{l} {}

  limits most;
  std::mutex mutex{};
  std::condition_variable some{};
  std::deque<work> queue{};
  bool ending{};
};

hash_pool::hash_pool(limits l) : state_{std::make_shared<shared_state>(l)} {
  for (std::size_t i = 0; i < l.workers; ++i)
    threads_.emplace_back([state = state_] { run(state); });
}

hash_pool::~hash_pool() {
  std::deque<work> dropped;
  {
    const std::lock_guard lock{state_->mutex};
    state_->ending = true;
    dropped.swap(state_->queue);
  }
  state_->some.notify_all();
  dropped.clear();  // without the lock: whoever is told may call us
  for (auto& t : threads_) {
    if (t.get_id() == std::this_thread::get_id()) {
      t.detach();
    } else {
      t.join();
    }
  }
}

result<void> hash_pool::submit(work w) {
  {
    const std::lock_guard lock{state_->mutex};
    if (state_->ending) return failure{errc::stopping, "passwords are not checked any more"};
    if (const auto waiting = state_->queue.size(); waiting >= state_->most.waiting) {
      return failure{errc::overloaded, fmt::format("{} passwords wait to be checked", waiting)};
    }
    state_->queue.push_back(std::move(w));
  }
  state_->some.notify_one();
  return ok();
}

std::size_t hash_pool::waiting() const {
  const std::lock_guard lock{state_->mutex};
  return state_->queue.size();
}

void hash_pool::run(const std::shared_ptr<shared_state>& state) {
  pthread_setname_np(pthread_self(), "hash");
  for (;;) {
    work w;
    {
      std::unique_lock lock{state->mutex};
      state->some.wait(lock, [&] { return state->ending || !state->queue.empty(); });
      if (state->ending) return;
      w = std::move(state->queue.front());
      state->queue.pop_front();
    }
    w();
  }
}

}  // namespace td
