#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace td::testing {

/// One HTTP answer as it came.
struct raw_answer {
  int status{};
  std::map<std::string, std::string> headers{};  ///< names in lower case
  std::string body{};
};

/// A client that sends what it is told to, byte by byte if need be. No HTTP library: what is tested
/// is what is on the wire.
class raw_client {
 public:
  using milliseconds = std::chrono::milliseconds;
  static constexpr milliseconds patience{10'000};  // on a busy machine; a bound, not a wait

  explicit raw_client(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      ::close(fd_);
      throw std::runtime_error("connect");
    }
  }
  ~raw_client() {
    if (fd_ >= 0) ::close(fd_);
  }
  raw_client(raw_client&& other) noexcept
      : fd_{std::exchange(other.fd_, -1)}, unread_{std::move(other.unread_)} {}
  raw_client(const raw_client&) = delete;

  /// False when the server has closed the connection.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  bool get(std::string_view path) const {
    return send("GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }

  /// The next answer; absent when the connection ends (or time is up) before it is complete.
  std::optional<raw_answer> answer(bool to_head = false) {
    std::size_t end;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    raw_answer a;
    std::string_view head{unread_.data(), end + 2};
    if (!head.starts_with("HTTP/1.")) throw std::runtime_error("no HTTP: " + unread_);
    a.status = std::stoi(std::string{head.substr(9, 3)});
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const auto line = head.substr(0, head.find("\r\n"));
      const auto colon = line.find(": ");
      std::string name{line.substr(0, colon)};
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      a.headers[name] = line.substr(colon + 2);
      head.remove_prefix(line.size() + 2);
    }
    unread_.erase(0, end + 4);
    if (to_head || a.status == 204 || a.status == 304) return a;
    if (a.status >= 100 && a.status < 200) return a;
    if (a.headers.count("transfer-encoding") > 0) return chunked(std::move(a));
    const auto length = std::stoul(a.headers.at("content-length"));
    while (unread_.size() < length) {
      if (!more()) return std::nullopt;
    }
    a.body = unread_.substr(0, length);
    unread_.erase(0, length);
    return a;
  }

  /// True when the server closes (or resets) the connection within `wait` without sending more.
  bool closed(milliseconds wait = patience) {
    const auto before = unread_.size();
    while (more(wait)) {
    }
    return ended_ && unread_.size() == before;
  }

  /// Bytes that came until the end of the connection; absent when it does not end in time.
  std::optional<std::size_t> drain(milliseconds wait = patience) {
    while (more(wait)) {
    }
    if (!ended_) return std::nullopt;
    return unread_.size();
  }

  /// Whether bytes or the end of the connection are there within `wait`.
  bool readable(milliseconds wait) const {
    pollfd p{fd_, POLLIN, 0};
    return ::poll(&p, 1, static_cast<int>(wait.count())) > 0;
  }

  /// The next `n` bytes of whatever comes; fewer when the connection ends before.
  std::string bytes(std::size_t n) {
    while (unread_.size() < n && more()) {
    }
    const auto text = unread_.substr(0, n);
    unread_.erase(0, text.size());
    return text;
  }

  /// Everything up to and with `mark`; absent when the connection ends before it.
  std::optional<std::string> until(std::string_view mark) {
    std::size_t at;
    while ((at = unread_.find(mark)) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    auto text = unread_.substr(0, at + mark.size());
    unread_.erase(0, text.size());
    return text;
  }

  /// Says that no more is sent; reading goes on.
  void end_sending() const { ::shutdown(fd_, SHUT_WR); }

 private:
  std::optional<raw_answer> chunked(raw_answer a) {
    for (;;) {
      const auto line = until("\r\n");
      if (!line) return std::nullopt;
      const auto size = std::stoul(*line, nullptr, 16);
      const auto piece = bytes(size + 2);
      if (piece.size() != size + 2) return std::nullopt;
      if (size == 0) return a;
      a.body += piece.substr(0, size);
    }
  }

  bool more(milliseconds wait = patience) {
    if (!readable(wait)) return false;
    char piece[16384];
    const auto n = ::recv(fd_, piece, sizeof piece, 0);
    if (n <= 0) {
      ended_ = true;
      return false;
    }
    unread_.append(piece, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool ended_{};
  std::string unread_;
};

}  // namespace td::testing
