#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace td::test {

/// Plays a broker that no real one would play on demand: accepts one connection and, each time
/// bytes come in, sends the next of its lines. Keeps the connection until the object goes.
class scripted_server {
 public:
  explicit scripted_server(std::vector<std::string> lines);
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  void play();

  std::vector<std::string> lines_;
  std::uint16_t port_{};
  int listener_{-1};
  int stop_{-1};
  std::thread thread_;
};

}  // namespace td::test
