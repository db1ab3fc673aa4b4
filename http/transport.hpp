#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/async.hpp"
#include "pipeline/result.hpp"

namespace td {

/// How far a transfer came.
struct io_result {
  boost::system::error_code error{};
  std::size_t bytes{};
};

/// A connection's bytes, with or without TLS. One read and one write may be under way at a time,
/// all on the socket's executor.
class transport {
 public:
  virtual ~transport() = default;

  virtual asio::awaitable<boost::system::error_code> handshake() = 0;
  /// At least one byte, or an error.
  virtual asio::awaitable<io_result> read_some(asio::mutable_buffer into) = 0;
  /// All of both, one behind the other, or an error.
  virtual asio::awaitable<io_result> write(asio::const_buffer first, asio::const_buffer second) = 0;
  /// Says that no more comes; reading goes on.
  virtual asio::awaitable<void> end_writing() = 0;
  /// TCP_USER_TIMEOUT: after so long without an acknowledgement, or with a window of zero, the
  /// connection is broken. 0: the kernel's own patience.
  virtual void allow_stall(std::chrono::milliseconds d) noexcept = 0;
  /// Ends all that is under way. Idempotent.
  virtual void close() noexcept = 0;
  virtual bool secure() const noexcept = 0;
};

/// The server's side of TLS: certificate and key, loaded once.
class tls_context {
 public:
  /// configuration_invalid: the detail names the setting and what is wrong with the file.
  static result<std::shared_ptr<tls_context>> load(const std::string& certificate,
                                                   const std::string& key);
  virtual ~tls_context() = default;
  virtual std::unique_ptr<transport> wrap(asio::ip::tcp::socket socket) = 0;
};

std::unique_ptr<transport> plain_transport(asio::ip::tcp::socket socket);

}  // namespace td
