#include "bench/latency/save_watch.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace td::bench {

using namespace std::chrono_literals;

result<std::unique_ptr<save_watch>> save_watch::start(const std::filesystem::path& folder) {
  unique_fd events{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!events || ::inotify_add_watch(events.get(), folder.c_str(), IN_CREATE | IN_MOVED_TO) < 0)
    return system_failure("cannot watch", folder);
  unique_fd stop{::eventfd(0, EFD_CLOEXEC)};
  if (!stop) return system_failure("cannot make an eventfd for", folder);
  return std::unique_ptr<save_watch>{new save_watch{std::move(events), std::move(stop)}};
}

save_watch::save_watch(unique_fd events, unique_fd stop)
    : events_{std::move(events)}, stop_{std::move(stop)}, thread_{[this] { watch(); }} {}

save_watch::~save_watch() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void save_watch::watch() {
  pollfd p[2] = {{events_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  alignas(inotify_event) char buffer[4096];
  for (;;) {
    if (::poll(p, 2, -1) < 0 && errno != EINTR) return;
    if ((p[1].revents & POLLIN) != 0) return;
    const auto n = ::read(events_.get(), buffer, sizeof buffer);
    for (ssize_t at = 0; at < n;) {
      inotify_event e;
      std::memcpy(&e, buffer + at, sizeof e);
      if (e.len > 0) note(buffer + at + sizeof e, (e.mask & IN_CREATE) != 0);
      at += static_cast<ssize_t>(sizeof e + e.len);
    }
  }
}

void save_watch::note(const char* name, bool made) {
  const std::string_view file{name};
  const std::lock_guard guard{mutex_};
  if (made && file == "mosquitto.db.new") {
    begun_ = now();
  } else if (!made && file == "mosquitto.db" && begun_) {
    saves_.push_back({*begun_, now()});
    begun_.reset();
    changed_.notify_all();
  }
}

bool save_watch::await(std::size_t count, std::chrono::milliseconds within) {
  std::unique_lock guard{mutex_};
  return changed_.wait_for(guard, within, [&] { return saves_.size() >= count; });
}

std::vector<time_span> save_watch::saves() const {
  const std::lock_guard guard{mutex_};
  auto all = saves_;
  if (begun_) all.push_back({*begun_, now()});
  return all;
}

std::vector<time_span> affected_by(const std::vector<time_span>& saves) {
  constexpr auto on_their_way = 25ms;
  constexpr auto grain = 100ms;
  std::vector<time_span> spans;
  for (const auto& s : saves)
    spans.push_back({s.from - on_their_way, s.to + (s.to - s.from) + grain});
  return spans;
}

}  // namespace td::bench
