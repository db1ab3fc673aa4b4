#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "bench/truth.hpp"
#include "pipeline/result.hpp"
#include "standalone/files.hpp"

namespace td::bench {

/// Sees when a Mosquitto writes its backlog to disk. It does so with its one thread, and serves
/// nobody meanwhile. Seen from outside, with inotify(7): a save begins when `mosquitto.db.new` is
/// made and ends when that becomes `mosquitto.db` (Mosquitto 2.0, persist_write.c); both moments
/// are right to a few milliseconds. Watches in a thread of its own.
class save_watch {
 public:
  /// `folder`: where the broker keeps its database. internal, permission_denied: it can't be
  /// watched.
  static result<std::unique_ptr<save_watch>> start(const std::filesystem::path& folder);
  ~save_watch();
  save_watch(const save_watch&) = delete;
  save_watch& operator=(const save_watch&) = delete;

  /// Every save so far, in order; one that goes on ends now. Any thread.
  std::vector<time_span> saves() const;

  /// Waits until so many saves have ended. False: the time is over. Any thread.
  bool await(std::size_t count, std::chrono::milliseconds within);

 private:
  save_watch(unique_fd events, unique_fd stop);
  void watch();
  void note(const char* name, bool made);

  unique_fd events_;
  unique_fd stop_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<time_span> saves_;
  std::optional<timestamp> begun_;
  std::thread thread_;
};

/// When events are due that a save delays: from a moment before it begins (they are still on their
/// way) until the backlog is gone. At half of capacity that takes about as long as it took to grow,
/// so a save of 0.3 s counts until 0.3 s and a grain behind its end.
std::vector<time_span> affected_by(const std::vector<time_span>& saves);

}  // namespace td::bench
