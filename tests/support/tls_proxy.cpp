#include "tests/support/tls_proxy.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include <openssl/ssl.h>

namespace td::test {

namespace {

constexpr std::size_t record_bytes = 16384;   // the most that TLS puts into one
constexpr std::size_t burst_bytes = 1 << 20;  // sent even if the server is never quiet

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t put = ::send(fd, data, size, MSG_NOSIGNAL);
    if (put <= 0) return false;
    data += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

/// Closing with unread bytes would be a reset, and the server might not hear what was sent last.
void end_in_order(int server) {
  ::shutdown(server, SHUT_WR);
  char scrap[16384];
  for (pollfd p{server, POLLIN, 0}; ::poll(&p, 1, 5000) > 0;) {
    if (::read(server, scrap, sizeof scrap) <= 0) return;
  }
}

}  // namespace

tls_proxy::tls_proxy(std::uint16_t target_port, const certificates& identity,
                     std::chrono::milliseconds quiet)
    : target_port_(target_port),
      quiet_(quiet),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      context_(SSL_CTX_new(TLS_server_method())) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2), and clients go without a word
  if (SSL_CTX_use_certificate_chain_file(context_, identity.server().c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context_, identity.server_key().c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("tls_proxy: certificate");
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "tls_proxy");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

tls_proxy::~tls_proxy() {
  ::eventfd_write(stop_, 1);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int client : clients_)
      ::shutdown(client, SHUT_RDWR);
  }
  for (std::thread& t : connections_)
    t.join();
  ::close(listener_);
  ::close(stop_);
  SSL_CTX_free(context_);
}

void tls_proxy::accept_all() {
  for (;;) {
    pollfd p[2] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    ::poll(p, 2, -1);
    if (p[1].revents != 0) return;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    {
      const std::lock_guard lock(mutex_);
      clients_.push_back(client);
    }
    connections_.emplace_back([this, client] { serve(client); });
  }
}

void tls_proxy::serve(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(target_port_);
  SSL* ssl = SSL_new(context_);
  SSL_set_fd(ssl, client);
  std::string gathered;
  bool open = SSL_accept(ssl) == 1 &&
              ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  while (open) {
    pollfd p[3] = {{client, POLLIN, 0}, {server, POLLIN, 0}, {stop_, POLLIN, 0}};
    const bool decrypted = SSL_pending(ssl) > 0;
    const int ready = ::poll(p, 3,
                             decrypted          ? 0
                             : gathered.empty() ? -1
                                                : static_cast<int>(quiet_.count()));
    if (p[2].revents != 0) break;
    if (decrypted || p[0].revents != 0) {
      char piece[record_bytes];
      const int got = SSL_read(ssl, piece, sizeof piece);
      if (got <= 0) {
        end_in_order(server);
        break;
      }
      open = write_all(server, piece, static_cast<std::size_t>(got));
      to_server_ += static_cast<std::uint64_t>(got);
    }
    if (p[1].revents != 0) {
      char piece[65536];
      const ssize_t got = ::read(server, piece, sizeof piece);
      open = open && got > 0;
      if (got > 0) gathered.append(piece, static_cast<std::size_t>(got));
    }
    if ((ready == 0 || gathered.size() >= burst_bytes) && !gathered.empty()) {
      if (gathered.size() > largest_burst_) largest_burst_ = gathered.size();
      for (std::size_t at = 0; at < gathered.size() && open; at += record_bytes) {
        const std::size_t size = std::min(record_bytes, gathered.size() - at);
        open = SSL_write(ssl, gathered.data() + at, static_cast<int>(size)) > 0;
      }
      gathered.clear();
    }
  }
  SSL_free(ssl);
  {
    const std::lock_guard lock(mutex_);
    clients_.remove(client);
    ::close(client);
  }
  ::close(server);
}

}  // namespace td::test
