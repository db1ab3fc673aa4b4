#include "mqtt/resolve.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <sys/socket.h>
#include <thread>

#include <fmt/format.h>

namespace td {

namespace {

/// Shared between the caller and the thread that asks; whoever ends last frees it.
struct question {
  std::string host;
  std::mutex mutex{};
  std::condition_variable answered{};
  bool done{};
  int code{};
  std::vector<std::string> addresses{};
};

void ask(const std::shared_ptr<question>& q) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(q->host.c_str(), nullptr, &hints, &list);
  std::vector<std::string> found;
  for (const addrinfo* a = code == 0 ? list : nullptr; a != nullptr; a = a->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) ==
            0 &&
        std::find(found.begin(), found.end(), text) == found.end()) {
      found.emplace_back(text);
    }
  }
  if (code == 0) freeaddrinfo(list);
  const std::lock_guard lock(q->mutex);
  q->code = code;
  q->addresses = std::move(found);
  q->done = true;
  q->answered.notify_one();
}

bool is_numeric(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

result<std::vector<std::string>> resolve(const std::string& host,
                                         std::chrono::steady_clock::time_point deadline) {
  if (is_numeric(host)) return std::vector<std::string>{host};
  const auto q = std::make_shared<question>();
  q->host = host;
  std::thread(ask, q).detach();
  std::unique_lock lock(q->mutex);
  if (!q->answered.wait_until(lock, deadline, [&] { return q->done; })) {
    return failure{errc::broker_away,
                   fmt::format("host name '{}': no answer from the name servers in time", host)};
  }
  if (q->code != 0 || q->addresses.empty()) {
    return failure{errc::broker_away,
                   fmt::format("host name '{}': {}", host,
                               q->code != 0 ? gai_strerror(q->code) : "it has no address")};
  }
  return std::move(q->addresses);
}

}  // namespace td
