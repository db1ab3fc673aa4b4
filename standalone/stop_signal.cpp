#include "standalone/stop_signal.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace td {

namespace {

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error{errno, std::generic_category(), what};
  return fd;
}

}  // namespace

stop_signal::stop_signal() {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is an error code here, not a death
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  // A closed terminal is a wish to stop, unless somebody (nohup) has seen to it.
  struct sigaction hangup {};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
    sigaddset(&stops, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &stops, &before_);
  signals_ = checked(signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
  requests_ = checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
}

stop_signal::~stop_signal() {
  // A signal that nobody waited for would end the process once it is no longer blocked.
  signalfd_siginfo unread{};
  while (::read(signals_, &unread, sizeof unread) == sizeof unread) {
  }
  ::close(signals_);
  ::close(requests_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void stop_signal::request() noexcept {
  eventfd_write(requests_, 1);
}

bool stop_signal::wait(std::chrono::milliseconds timeout) {
  if (!reason_.empty()) return true;
  pollfd watched[]{{signals_, POLLIN, 0}, {requests_, POLLIN, 0}};
  if (::poll(watched, 2, timeout.count() < 0 ? -1 : static_cast<int>(timeout.count())) <= 0)
    return false;
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) == sizeof info) {
    reason_ = info.ssi_signo == SIGTERM  ? "SIGTERM"
              : info.ssi_signo == SIGHUP ? "SIGHUP"
                                         : "SIGINT";
  } else if (watched[1].revents != 0) {
    reason_ = "request";
  }
  return !reason_.empty();
}

}  // namespace td
