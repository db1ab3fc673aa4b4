#include "standalone/supervisor.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <random>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pipeline/backoff.hpp"
#include "pipeline/log.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto first_delay = 200ms;
constexpr auto longest_delay = 10s;
constexpr auto well_after = 60s;

/// Waits until one is readable; true when it is `stop`.
bool stop_comes_before(int stop, int other) {
  std::array<pollfd, 2> fds{pollfd{stop, POLLIN, 0}, pollfd{other, POLLIN, 0}};
  while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
  }
  return fds[0].revents != 0;
}

bool stop_comes_within(int stop, std::chrono::milliseconds delay) {
  pollfd fd{stop, POLLIN, 0};
  return ::poll(&fd, 1, static_cast<int>(delay.count())) > 0;
}

}  // namespace

result<std::unique_ptr<supervisor>> supervisor::watch(std::vector<managed_server*> servers) {
  unique_fd stop{::eventfd(0, EFD_CLOEXEC)};
  if (!stop) return system_failure("cannot make", "eventfd");
  std::unique_ptr<supervisor> made{new supervisor{std::move(stop)}};
  for (auto* server : servers) {
    made->threads_.emplace_back([self = made.get(), server] { self->look_after(*server); });
  }
  return made;
}

supervisor::~supervisor() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(stop_.get(), &one, sizeof one);
  for (auto& thread : threads_)
    thread.join();
}

void supervisor::look_after(managed_server& server) const {
  backoff delays{first_delay, longest_delay, std::random_device{}()};
  for (;;) {
    const auto since = clock::now();
    if (stop_comes_before(stop_.get(), server.ended_fd())) return;
    const auto how = server.collect();
    log_error(server.name() + " ended unexpectedly",
              {kv("how", how.words), kv("log", server.log().string())});
    if (clock::now() - since > well_after) delays.reset();
    if (!bring_back(server, delays)) return;
  }
}

/// Until it runs; false: we are to stop.
bool supervisor::bring_back(managed_server& server, backoff& delays) const {
  const auto begin = clock::now();
  for (;;) {
    const bool at_once = delays.failures() == 0;
    const auto delay = delays.next();
    if (!at_once && stop_comes_within(stop_.get(), delay)) return false;
    const auto started = server.start(stop_.get());
    if (started) {
      log_info(server.name() + " runs again",
               {kv("pid", server.pid()), kv("after", clock::now() - begin)});
      server.brought_back(stop_.get());
      return true;
    }
    if (started.error().code == errc::stopping) return false;
    log_error(server.name() + " does not start", {kv("reason", to_string(started.error()))});
    // What did start and does not answer is stopped, so that the next attempt begins afresh.
    if (auto stopped = server.stop(); !stopped) {
      log_error(server.name() + " does not stop", {kv("reason", to_string(stopped.error()))});
    }
  }
}

}  // namespace td
