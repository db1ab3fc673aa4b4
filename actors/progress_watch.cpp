#include "actors/progress_watch.hpp"

#include <algorithm>
#include <map>
#include <pthread.h>

#include "pipeline/log.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;
using clock = progress_board::clock;

/// What the log knows of the stalls.
class told_stalls {
 public:
  void tell(const std::vector<stall_status>& stalls, const progress_board& progress,
            clock::time_point at) {
    for (const auto& s : stalls) {
      const auto [known, fresh] = told_.try_emplace(s.lane, at, at);
      auto& [first, last] = known->second;
      if (!fresh && at - last < 1min) continue;
      last = at;
      log_error("events do not move", {kv("what", to_text(s)), kv("lane", s.lane)});
    }
    std::erase_if(told_, [&](const auto& one) {
      const auto& [lane, times] = one;
      const bool lasts = std::any_of(stalls.begin(), stalls.end(),
                                     [lane = lane](const auto& s) { return s.lane == lane; });
      if (lasts) return false;
      const auto after = at - times.first;
      if (progress.settled_since(lane, times.first)) {
        log_info("events move again", {kv("lane", lane), kv("after", after)});
      } else {  // it is gone, what it owed did not come again, or it takes its turns once more
        log_info("stall is over", {kv("lane", lane), kv("after", after)});
      }
      return true;
    });
  }

 private:
  std::map<std::int32_t, std::pair<clock::time_point, clock::time_point>> told_;
};

/// Nobody holds it, and a dependency is known to be away: that is what it waits for.
void name_dependency(stall_status& s, const std::vector<dependency_status>& all) {
  if (s.held || !s.dependency.empty()) return;
  for (const auto& d : all) {
    if (d.ok) continue;
    s.dependency = d.name;
    if (s.reason.empty()) s.reason = d.reason;
    return;
  }
}

}  // namespace

progress_watch::progress_watch(shared_context shared, std::chrono::milliseconds limit)
    : shared_{std::move(shared)}, thread_{[this, limit] { run(limit); }} {}

progress_watch::~progress_watch() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  end_.notify_one();
  thread_.join();
}

void progress_watch::run(std::chrono::milliseconds limit) {
  pthread_setname_np(pthread_self(), "progress");
  const auto interval = std::clamp(limit / 10, 10ms, 1000ms);
  told_stalls told;
  auto looked = clock::now();
  for (std::unique_lock lock{mutex_}; !end_.wait_for(lock, interval, [this] { return ending_; });) {
    const auto at = clock::now();
    // Stopped by a signal, a debugger or its machine: then so was everybody else.
    const auto frozen = at - looked - interval;
    if (frozen > limit / 4) shared_->progress.forgive(frozen);
    looked = at;
    auto stalls = shared_->progress.stalled(limit, at);
    if (!stalls.empty()) {
      const auto dependencies = shared_->board.dependencies();
      for (auto& s : stalls)
        name_dependency(s, dependencies);
    }
    told.tell(stalls, shared_->progress, at);
    shared_->board.set_stalls(std::move(stalls));
  }
}

}  // namespace td
