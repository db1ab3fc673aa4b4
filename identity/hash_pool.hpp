#pragma once

#include <cstddef>
#include <functional>
#include <memory>
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

  /// Work that runs is waited for (but not by itself, should it be the one that ends us); what
  /// waits is dropped (destroyed without being called).
  ~hash_pool();
  hash_pool(const hash_pool&) = delete;
  hash_pool& operator=(const hash_pool&) = delete;

  /// Runs it on a worker, later. overloaded: as many wait as may; nothing was taken. The work must
  /// not throw.
  result<void> submit(work w);

  std::size_t waiting() const;

 private:
  struct shared_state;
  static void run(const std::shared_ptr<shared_state>& state);

  std::shared_ptr<shared_state> state_;
  std::vector<std::thread> threads_;
};

}  // namespace td
