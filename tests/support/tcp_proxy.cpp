#include "tests/support/tcp_proxy.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace td::test {

namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr auto slow_tick = std::chrono::milliseconds{10};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

tcp_proxy::tcp_proxy(std::uint16_t target_port, std::size_t slow_bytes)
    : target_port_(target_port), slow_bytes_(slow_bytes) {
  wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_ < 0) fail("eventfd");
  open_listener();
  thread_ = std::thread([this] { run(); });
}

tcp_proxy::~tcp_proxy() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  poke();
  thread_.join();
  for (pair& p : pairs_)
    close(p, false);
  if (listener_ >= 0) ::close(listener_);
  ::close(wake_);
}

void tcp_proxy::open_listener() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("socket");
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(port_);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) fail("bind");
  if (::listen(listener_, 16) != 0) fail("listen");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

// -- what tests call ---

void tcp_proxy::poke() const {
  ::eventfd_write(wake_, 1);
}

void tcp_proxy::set(mode m) {
  const std::lock_guard lock(mutex_);
  mode_ = m;
  poke();
}

void tcp_proxy::cut() {
  const std::lock_guard lock(mutex_);
  for (pair& p : pairs_)
    close(p, false);
  pairs_.clear();
  poke();
}

void tcp_proxy::reset() {
  const std::lock_guard lock(mutex_);
  for (pair& p : pairs_)
    close(p, true);
  pairs_.clear();
  poke();
}

void tcp_proxy::refuse(bool yes) {
  std::unique_lock lock(mutex_);
  refuse_ = yes;
  poke();
  // The thread does it: closed under its poll, the listener would live on for a moment.
  changed_.wait(lock, [&] { return yes == (listener_ < 0); });
}

std::size_t tcp_proxy::connections() const {
  const std::lock_guard lock(mutex_);
  return pairs_.size();
}

std::size_t tcp_proxy::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::uint64_t tcp_proxy::bytes_to_server() const {
  const std::lock_guard lock(mutex_);
  return to_server_;
}

std::uint64_t tcp_proxy::bytes_to_client() const {
  const std::lock_guard lock(mutex_);
  return to_client_;
}

bool tcp_proxy::await_accepted(std::size_t count, std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, within, [&] { return accepted_ >= count; });
}

bool tcp_proxy::await_bytes_to_server(std::uint64_t count, std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, within, [&] { return to_server_ >= count; });
}

// -- the thread ---

void tcp_proxy::run() {
  std::vector<pollfd> watched;
  for (;;) {
    int timeout = -1;
    watched.clear();
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      if (refuse_ && listener_ >= 0) ::close(std::exchange(listener_, -1));
      if (!refuse_ && listener_ < 0) open_listener();
      changed_.notify_all();
      watched.push_back({wake_, POLLIN, 0});
      watched.push_back({listener_, POLLIN, 0});
      const bool moving = mode_ == mode::pass || mode_ == mode::black_hole;
      if (mode_ == mode::slow && !pairs_.empty()) timeout = slow_tick.count();
      for (pair& p : pairs_) {
        short client = 0;
        short server = 0;
        if (moving && !p.up.ended && p.up.waiting.empty()) client |= POLLIN;
        if (moving && !p.down.ended && p.down.waiting.empty()) server |= POLLIN;
        if (moving && !p.up.waiting.empty()) server |= POLLOUT;
        if (moving && !p.down.waiting.empty()) client |= POLLOUT;
        // Negative: not even errors are of interest, or poll would spin on them.
        watched.push_back({client != 0 ? p.client : -1, client, 0});
        watched.push_back({server != 0 ? p.server : -1, server, 0});
      }
    }
    ::poll(watched.data(), watched.size(), timeout);
    const std::lock_guard lock(mutex_);
    eventfd_t pokes = 0;
    if (::eventfd_read(wake_, &pokes) == 0) continue;  // the world may have changed: look again
    std::size_t i = 2;
    for (auto p = pairs_.begin(); p != pairs_.end(); i += 2) {
      const short client = watched[i].revents;
      const short server = watched[i + 1].revents;
      const bool alive = move(p->up, to_server_, client != 0, server != 0) &&
                         move(p->down, to_client_, server != 0, client != 0) &&
                         !(p->up.told && p->down.told);
      if (alive) {
        ++p;
      } else {
        close(*p, false);
        p = pairs_.erase(p);
      }
    }
    if (watched[1].revents != 0) accept_one();
    changed_.notify_all();
  }
}

void tcp_proxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(target_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(server);
    ::close(client);  // as a proxy before a dead server does
    ++accepted_;
    return;
  }
  const int yes = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  pairs_.push_back({client, server, {client, server}, {server, client}});
  ++accepted_;
}

/// False when the connection broke.
bool tcp_proxy::move(direction& d, std::uint64_t& passed, bool readable, bool writable) {
  const bool slow = mode_ == mode::slow;
  if (mode_ == mode::stall) return true;
  if ((readable || slow) && d.waiting.empty() && !d.ended) {
    d.waiting.resize(slow ? slow_bytes_ : piece_bytes);
    const ssize_t got = ::recv(d.from, d.waiting.data(), d.waiting.size(), MSG_DONTWAIT);
    d.waiting.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (got == 0) d.ended = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
    writable = true;
  }
  if (mode_ == mode::black_hole) {
    passed += d.waiting.size();
    d.waiting.clear();
    return true;
  }
  if (!d.waiting.empty() && (writable || slow)) {
    const ssize_t put =
        ::send(d.to, d.waiting.data(), d.waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (put > 0) {
      passed += static_cast<std::uint64_t>(put);
      d.waiting.erase(0, static_cast<std::size_t>(put));
    }
  }
  if (d.ended && d.waiting.empty() && !d.told) {
    ::shutdown(d.to, SHUT_WR);
    d.told = true;
  }
  return true;
}

void tcp_proxy::close(pair& p, bool hard) {
  const linger at_once{1, 0};
  for (const int fd : {p.client, p.server}) {
    if (hard) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd);
  }
}

}  // namespace td::test
