#include "mqtt/wire_stream.hpp"

#include <cerrno>
#include <cstring>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace td {

namespace {

constexpr std::string_view closed_by_broker = "the connection was closed by the broker";

failure away(std::string_view what) {
  return {errc::broker_away, std::string{what}};
}

void set(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

/// OpenSSL's own errors; what it queued is taken off the queue.
std::string tls_error() {
  const auto code = ERR_peek_last_error();
  const char* words = ERR_reason_error_string(code);
  std::string text = "TLS: ";
  text += words != nullptr ? words : "the connection failed";
  ERR_clear_error();
  return text;
}

}  // namespace

// -- opening ---

result<void> wire_stream::open(const target& to, clock::time_point until,
                               const std::function<bool()>& give_up) {
  close();
  auto opened = connect(to, until, give_up);
  if (opened && to.tls != nullptr) opened = shake_hands(*to.tls, until, give_up);
  if (!opened) close();
  return opened;
}

result<void> wire_stream::connect(const target& to, clock::time_point until,
                                  const std::function<bool()>& give_up) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code =
      ::getaddrinfo(to.address.c_str(), std::to_string(to.port).c_str(), &hints, &list);
  if (code != 0) return away(::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{list, &::freeaddrinfo};

  fd_ = ::socket(all->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return away(std::strerror(errno));
  set(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  // A peer that is gone without a word is noticed by the first write it does not confirm, and
  // without a write by the system's own probes.
  const auto seconds = static_cast<int>(to.silence.count());
  set(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, seconds * 1000);
  set(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd_, IPPROTO_TCP, TCP_KEEPIDLE, seconds);

  int error = ::connect(fd_, all->ai_addr, all->ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS || error == EINTR) {
    if (!wait_until(until, true, give_up)) return away("no answer within the connect time-out");
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) return away(std::strerror(error));
  may_have_more_ = true;
  return ok();
}

result<void> wire_stream::shake_hands(tls_context& tls, clock::time_point until,
                                      const std::function<bool()>& give_up) {
  tls_ = &tls;
  ssl_ = tls.make_session(fd_);
  if (ssl_ == nullptr) return away(tls_error());
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int code = SSL_connect(ssl_);
    if (code == 1) {
      may_have_more_ = true;  // it may have read past the handshake
      return ok();
    }
    const int want = SSL_get_error(ssl_, code);
    if (want == SSL_ERROR_WANT_READ || want == SSL_ERROR_WANT_WRITE) {
      may_have_more_ = false;  // it read all there is
      if (wait_until(until, want == SSL_ERROR_WANT_WRITE, give_up)) continue;
      return away("no answer to the TLS handshake within the connect time-out");
    }
    const int error_number = errno;
    if (!tls.trouble().empty()) {
      ERR_clear_error();
      return away(tls.trouble());
    }
    if (want == SSL_ERROR_SYSCALL && error_number != 0 && error_number != ECONNRESET)
      return away(std::strerror(error_number));
    if (want == SSL_ERROR_SYSCALL || want == SSL_ERROR_ZERO_RETURN ||
        ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      ERR_clear_error();
      return away("the connection was closed during the TLS handshake");
    }
    return away(tls_error());
  }
}

// -- bytes ---

result<std::size_t> wire_stream::read(char* to, std::size_t room) {
  may_have_more_ = true;
  if (ssl_ != nullptr) {
    read_wants_write_ = false;
    std::size_t got = 0;
    ERR_clear_error();
    errno = 0;
    const int code = SSL_read_ex(ssl_, to, room, &got);
    auto outcome = tls_outcome(code, got);
    if (outcome && *outcome == 0) {
      may_have_more_ = false;
      read_wants_write_ = SSL_want_write(ssl_);
    }
    return outcome;
  }
  for (;;) {
    const auto got = ::recv(fd_, to, room, 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return away(closed_by_broker);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return away(std::strerror(errno));
    may_have_more_ = false;
    return std::size_t{0};
  }
}

result<std::size_t> wire_stream::write(const char* from, std::size_t bytes) {
  if (ssl_ != nullptr) {
    write_wants_read_ = false;
    std::size_t put = 0;
    ERR_clear_error();
    errno = 0;
    const int code = SSL_write_ex(ssl_, from, bytes, &put);
    auto outcome = tls_outcome(code, put);
    if (outcome && *outcome == 0) write_wants_read_ = SSL_want_read(ssl_);
    return outcome;
  }
  for (;;) {
    const auto put = ::send(fd_, from, bytes, MSG_NOSIGNAL);
    if (put >= 0) return static_cast<std::size_t>(put);
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return std::size_t{0};
    return away(std::strerror(errno));
  }
}

result<std::size_t> wire_stream::tls_outcome(int code, std::size_t moved) {
  if (code == 1) return moved;
  const int error_number = errno;
  switch (SSL_get_error(ssl_, code)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return std::size_t{0};
    case SSL_ERROR_ZERO_RETURN:
      return away(closed_by_broker);
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      if (!tls_->trouble().empty()) return away(tls_->trouble());
      return away(error_number == 0 ? closed_by_broker : std::strerror(error_number));
    default:
      if (!tls_->trouble().empty()) {
        ERR_clear_error();
        return away(tls_->trouble());
      }
      if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return away(closed_by_broker);
      }
      return away(tls_error());
  }
}

std::size_t wire_stream::unconfirmed() const noexcept {
  int bytes = 0;
  return ::ioctl(fd_, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

// -- waiting ---

bool wire_stream::wait(milliseconds wait, int wake_fd, bool for_write) const noexcept {
  if (may_have_more_) return true;
  short events = POLLIN;
  if (read_wants_write_ || (for_write && !write_wants_read_)) events |= POLLOUT;
  pollfd p[2] = {{fd_, events, 0}, {wake_fd, POLLIN, 0}};
  return ::poll(p, 2, static_cast<int>(wait.count())) > 0 && p[0].revents != 0;
}

bool wire_stream::wait_until(clock::time_point until, bool for_write,
                             const std::function<bool()>& give_up) const {
  constexpr milliseconds between_asks{100};
  const short events = for_write && !write_wants_read_ ? POLLOUT : POLLIN;
  for (;;) {
    pollfd p{fd_, events, 0};
    const auto left = left_until(until);
    const bool slice = give_up && left > between_asks;
    const int ready = ::poll(&p, 1, static_cast<int>((slice ? between_asks : left).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && !slice) return false;
    if (give_up && give_up()) return false;
  }
}

// -- the end ---

bool wire_stream::finish(milliseconds patience) noexcept {
  if (ssl_ != nullptr) {
    SSL_shutdown(ssl_);  // says close_notify; the answer is not needed
    ERR_clear_error();
  }
  ::shutdown(fd_, SHUT_WR);
  const auto until = clock::now() + patience;
  char scrap[16384];
  for (;;) {
    const auto left = left_until(until);
    pollfd p{fd_, POLLIN, 0};
    const int ready = ::poll(&p, 1, static_cast<int>(left.count()));
    if (ready == 0 || left.count() == 0) return false;
    const auto got = ready < 0 ? -1 : ::recv(fd_, scrap, sizeof scrap, 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return true;
    if (got < 0 && errno != EINTR && errno != EAGAIN) return false;
  }
}

void wire_stream::close() noexcept {
  if (ssl_ != nullptr) SSL_free(ssl_);
  ssl_ = nullptr;
  tls_ = nullptr;
  if (fd_ >= 0) {
    ::shutdown(fd_, SHUT_RDWR);
    ::close(fd_);
  }
  fd_ = -1;
  may_have_more_ = read_wants_write_ = write_wants_read_ = false;
}

}  // namespace td
