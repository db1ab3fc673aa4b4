#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>

namespace td::test {

/// Stands between a client and a server on the loopback interface and breaks what lies between
/// them. One thread of its own; every member may be called from any thread and holds when it
/// returns: after `set(mode::stall)` not one more byte passes.
class tcp_proxy {
 public:
  enum class mode {
    pass,        ///< bytes go through at once
    stall,       ///< nothing is read any more: the sender's window fills up
    black_hole,  ///< everything is read and thrown away, in both directions: a half-open peer
    slow,        ///< `slow_bytes` every 10 ms and direction
  };

  explicit tcp_proxy(std::uint16_t target_port, std::size_t slow_bytes = 256);
  ~tcp_proxy();
  tcp_proxy(const tcp_proxy&) = delete;
  tcp_proxy& operator=(const tcp_proxy&) = delete;

  std::uint16_t port() const noexcept { return port_; }

  void set(mode m);
  void cut();             ///< ends all connections in order (FIN)
  void reset();           ///< breaks all connections (RST)
  void refuse(bool yes);  ///< connection refused, until told otherwise

  std::size_t connections() const;        ///< open now
  std::size_t accepted() const;           ///< ever
  std::uint64_t bytes_to_server() const;  ///< passed, of all connections
  std::uint64_t bytes_to_client() const;

  /// Waits until so many connections have been accepted in all.
  bool await_accepted(std::size_t count, std::chrono::milliseconds within);
  /// Waits until so many bytes have passed to the server (or been swallowed).
  bool await_bytes_to_server(std::uint64_t count, std::chrono::milliseconds within);

 private:
  struct direction {
    int from{-1};
    int to{-1};
    std::string waiting{};
    bool ended{};  ///< `from` has sent FIN
    bool told{};   ///< and `to` knows
  };
  struct pair {
    int client{-1};
    int server{-1};
    direction up{};
    direction down{};
  };

  void run();
  void open_listener();
  void accept_one();
  bool move(direction& d, std::uint64_t& passed, bool readable, bool writable);
  void close(pair& p, bool hard);
  void poke() const;

  std::uint16_t target_port_;
  std::size_t slow_bytes_;
  std::uint16_t port_{};
  int listener_{-1};
  int wake_{-1};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  mode mode_{mode::pass};
  std::list<pair> pairs_;
  std::size_t accepted_{};
  std::uint64_t to_server_{};
  std::uint64_t to_client_{};
  bool refuse_{};
  bool stop_{};
  std::thread thread_;
};

}  // namespace td::test
