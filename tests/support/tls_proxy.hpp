#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/certificates.hpp"

struct ssl_ctx_st;

namespace td::test {

/// Terminates TLS before a plain server, as load balancers do, and re-encrypts in the way that is
/// hardest on the client: what the server sends within `quiet` is gathered and leaves in records
/// of 16 KiB, so that many packets share a record and packets straddle records.
class tls_proxy {
 public:
  tls_proxy(std::uint16_t target_port, const certificates& identity,
            std::chrono::milliseconds quiet = std::chrono::milliseconds{20});
  ~tls_proxy();
  tls_proxy(const tls_proxy&) = delete;
  tls_proxy& operator=(const tls_proxy&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  /// Plain bytes that the client has sent, of all connections.
  std::uint64_t bytes_to_server() const noexcept { return to_server_; }
  /// The most plain bytes that ever left for the client in one go.
  std::size_t largest_burst() const noexcept { return largest_burst_; }

 private:
  void accept_all();
  void serve(int client);

  std::uint16_t target_port_;
  std::chrono::milliseconds quiet_;
  std::uint16_t port_{};
  int listener_{-1};
  int stop_{-1};
  ssl_ctx_st* context_{};
  std::atomic<std::uint64_t> to_server_{};
  std::atomic<std::size_t> largest_burst_{};
  std::mutex mutex_;
  std::list<int> clients_;  ///< open ones, so that the end can break them
  std::list<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace td::test
