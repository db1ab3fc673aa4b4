#include "tests/support/scripted_server.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace td::test {

scripted_server::scripted_server(std::vector<std::string> lines)
    : lines_(std::move(lines)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 4) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "scripted_server");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { play(); });
}

scripted_server::~scripted_server() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(listener_);
  ::close(stop_);
}

std::string scripted_server::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

std::string scripted_server::await_heard(std::size_t bytes,
                                         std::chrono::milliseconds within) const {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, within, [&] { return heard_.size() >= bytes; });
  return heard_;
}

std::uint32_t scripted_server::segments() const {
  const std::lock_guard lock(mutex_);
  return segments_;
}

void scripted_server::play() {
  int client = -1;
  std::size_t next = 0;
  for (;;) {
    pollfd p[2] = {{client < 0 ? listener_ : client, POLLIN, 0}, {stop_, POLLIN, 0}};
    ::poll(p, 2, -1);
    if (p[1].revents != 0) break;
    if (client < 0) {
      client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      continue;
    }
    char bytes[65536];
    const auto got = ::read(client, bytes, sizeof bytes);
    if (got <= 0) {
      ::close(std::exchange(client, -1));
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      heard_.append(bytes, static_cast<std::size_t>(got));
      tcp_info info{};
      socklen_t size = sizeof info;
      ::getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size);
      segments_ = info.tcpi_data_segs_in;
    }
    came_.notify_all();
    if (next < lines_.size()) {
      const std::string& line = lines_[next++];
      if (::send(client, line.data(), line.size(), MSG_NOSIGNAL) < 0)
        ::close(std::exchange(client, -1));
    }
  }
  if (client >= 0) ::close(client);
}

}  // namespace td::test
