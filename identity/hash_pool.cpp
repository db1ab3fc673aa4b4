#include "identity/hash_pool.hpp"

#include <utility>

#include <fmt/format.h>
#include <pthread.h>

namespace td {

hash_pool::hash_pool(limits l) : limits_{l} {
  for (std::size_t i = 0; i < limits_.workers; ++i)
    threads_.emplace_back([this] { run(); });
}

hash_pool::~hash_pool() {
  std::deque<work> dropped;
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    dropped.swap(queue_);  // destroyed without the lock: its owners may call us
  }
  some_.notify_all();
  for (auto& t : threads_)
    t.join();
}

result<void> hash_pool::submit(work w) {
  {
    const std::lock_guard lock{mutex_};
    if (ending_) return failure{errc::stopping, "passwords are not checked any more"};
    if (queue_.size() >= limits_.waiting) {
      return failure{errc::overloaded, fmt::format("{} passwords wait to be checked already",
                                                   queue_.size())};
    }
    queue_.push_back(std::move(w));
  }
  some_.notify_one();
  return ok();
}

std::size_t hash_pool::waiting() const {
  const std::lock_guard lock{mutex_};
  return queue_.size();
}

void hash_pool::run() {
  pthread_setname_np(pthread_self(), "hash");
  for (;;) {
    work w;
    {
      std::unique_lock lock{mutex_};
      some_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (ending_) return;
      w = std::move(queue_.front());
      queue_.pop_front();
    }
    w();
  }
}

}  // namespace td
