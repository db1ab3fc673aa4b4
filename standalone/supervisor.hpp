#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "standalone/files.hpp"
#include "standalone/managed_server.hpp"

namespace td {

/// Restarts servers that die, each with a thread of its own that sleeps until then: at once the
/// first time, then with backoff (0.2 s to 10 s), for ever: while a server is away the pipeline
/// holds everything, so there is nothing better to do. A server that has run for a minute counts as
/// well again.
class supervisor {
 public:
  /// The servers run, and live longer than this object.
  static result<std::unique_ptr<supervisor>> watch(std::vector<managed_server*> servers);

  /// Stops watching; the servers go on. Waits for a restart under way to be abandoned.
  ~supervisor();

  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

 private:
  explicit supervisor(unique_fd stop) : stop_{std::move(stop)} {}

  void look_after(managed_server& server) const;
  bool bring_back(managed_server& server, class backoff& delays) const;

  unique_fd stop_;  // eventfd: readable once we are to stop
  std::vector<std::thread> threads_;
};

}  // namespace td
