#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "actors/context.hpp"

namespace td {

/// Looks, several times within `limit` and at most once a second, whether unacknowledged work
/// moves. What does not goes to the status board (the service is not ready then), to the log when
/// it begins, once a minute while it lasts, and when it is over. A thread of its own: it has to see
/// actors that hang, and their scheduler. Ends with the object.
class progress_watch {
 public:
  progress_watch(shared_context shared, std::chrono::milliseconds limit);
  ~progress_watch();
  progress_watch(const progress_watch&) = delete;
  progress_watch& operator=(const progress_watch&) = delete;

 private:
  void run(std::chrono::milliseconds limit);

  shared_context shared_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ending_{};
  std::thread thread_;
};

}  // namespace td
