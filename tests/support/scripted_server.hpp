#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace td::test {

/// Plays a broker that no real one would play on demand: accepts one connection at a time and, each
/// time bytes come in, sends the next of its lines. Keeps a connection until the client ends it or
/// the object goes; the lines go on with the next one.
class scripted_server {
 public:
  explicit scripted_server(std::vector<std::string> lines);
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }

  /// All that came in so far.
  std::string heard() const;
  /// Waits until `bytes` came in, or the time is over; returns what did.
  std::string await_heard(std::size_t bytes, std::chrono::milliseconds within) const;
  /// TCP segments that brought data: over loopback one for each write of the peer.
  std::uint32_t segments() const;

 private:
  void play();

  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  std::string heard_;
  std::uint32_t segments_{};
  std::vector<std::string> lines_;
  std::uint16_t port_{};
  int listener_{-1};
  int stop_{-1};
  std::thread thread_;
};

}  // namespace td::test
