#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "pipeline/result.hpp"

namespace td {

/// Threads for argon2, which takes 19 MiB and 22 ms of a core each time. As many hashes are made at
/// once as there are workers, and so many more may wait: a flood of logins takes no more memory
/// than that, and stalls nothing but logins. Any thread.
class hash_pool {
 public:
  using work = std::function<void()>;

  struct limits {
    std::size_t workers{2};
    std::size_t waiting{64};
  };
  explicit hash_pool(limits l);

  /// Work that runs is waited for; what waits is dropped (destroyed without being called).
  ~hash_pool();
  hash_pool(const hash_pool&) = delete;
  hash_pool& operator=(const hash_pool&) = delete;

  /// Runs it on a worker, later. overloaded: as many wait as may; nothing was taken. The work must
  /// not throw.
  result<void> submit(work w);

  std::size_t waiting() const;

 private:
  void run();

  const limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable some_;
  std::deque<work> queue_;
  bool ending_{};
  std::vector<std::thread> threads_;
};

}  // namespace td
