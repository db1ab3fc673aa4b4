#include "http/transport.hpp"

#include <array>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace td {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

void set_user_timeout(tcp::socket& socket, std::chrono::milliseconds d) noexcept {
  const auto ms = static_cast<unsigned>(d.count());
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

class plain_socket final : public transport {
 public:
  explicit plain_socket(tcp::socket socket) : socket_{std::move(socket)} {}

  asio::awaitable<error_code> handshake() override { co_return error_code{}; }

  asio::awaitable<io_result> read_some(asio::mutable_buffer into) override {
    auto [e, n] = co_await socket_.async_read_some(into, awaited);
    co_return io_result{e, n};
  }

  asio::awaitable<io_result> write(asio::const_buffer first, asio::const_buffer second) override {
    const std::array<asio::const_buffer, 2> both{first, second};
    auto [e, n] = co_await asio::async_write(socket_, both, awaited);
    co_return io_result{e, n};
  }

  asio::awaitable<void> end_writing() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    co_return;
  }

  void allow_stall(std::chrono::milliseconds d) noexcept override { set_user_timeout(socket_, d); }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

  bool secure() const noexcept override { return false; }

 private:
  tcp::socket socket_;
};

class tls_socket final : public transport {
 public:
  tls_socket(tcp::socket socket, asio::ssl::context& context)
      : stream_{std::move(socket), context} {}

  asio::awaitable<error_code> handshake() override {
    auto [e] = co_await stream_.async_handshake(asio::ssl::stream_base::server, awaited);
    co_return e;
  }

  asio::awaitable<io_result> read_some(asio::mutable_buffer into) override {
    auto [e, n] = co_await stream_.async_read_some(into, awaited);
    co_return io_result{e, n};
  }

  asio::awaitable<io_result> write(asio::const_buffer first, asio::const_buffer second) override {
    const std::array<asio::const_buffer, 2> both{first, second};
    auto [e, n] = co_await asio::async_write(stream_, both, awaited);
    co_return io_result{e, n};
  }

  /// Asio's shutdown would wait for the peer's word; the end of our side is all that is meant.
  asio::awaitable<void> end_writing() override {
    ::SSL_shutdown(stream_.native_handle());
    error_code ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    co_return;
  }

  void allow_stall(std::chrono::milliseconds d) noexcept override {
    set_user_timeout(stream_.next_layer(), d);
  }

  void close() noexcept override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

  bool secure() const noexcept override { return true; }

 private:
  asio::ssl::stream<tcp::socket> stream_;
};

class openssl_context final : public tls_context {
 public:
  openssl_context() {
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                        asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression);
  }

  std::unique_ptr<transport> wrap(tcp::socket socket) override {
    return std::make_unique<tls_socket>(std::move(socket), context);
  }

  asio::ssl::context context{asio::ssl::context::tls_server};
};

failure unusable(std::string_view setting, const std::string& file, const error_code& e) {
  return {errc::configuration_invalid,
          fmt::format("{} can't be used: {}: {}; it must be a PEM file that this account may read",
                      setting, file, e.message()),
          {}};
}

}  // namespace

std::unique_ptr<transport> plain_transport(tcp::socket socket) {
  return std::make_unique<plain_socket>(std::move(socket));
}

result<std::shared_ptr<tls_context>> tls_context::load(const std::string& certificate,
                                                       const std::string& key) {
  auto made = std::make_shared<openssl_context>();
  error_code e;
  made->context.use_certificate_chain_file(certificate, e);
  if (e) return unusable("http.tls_certificate", certificate, e);
  made->context.use_private_key_file(key, asio::ssl::context::pem, e);
  if (e) return unusable("http.tls_key", key, e);
  if (::SSL_CTX_check_private_key(made->context.native_handle()) != 1) {
    return failure{
        errc::configuration_invalid,
        fmt::format("http.tls_key {} is not the key of http.tls_certificate {}", key, certificate),
        {}};
  }
  return std::shared_ptr<tls_context>{std::move(made)};
}

}  // namespace td
