// Opens an instance, starts its servers, says so, waits for SIGTERM, stops them.
// usage: standalone_owner DIR
#include <csignal>
#include <cstdio>
#include <sys/signalfd.h>
#include <unistd.h>

#include "standalone/instance.hpp"

namespace {

int failed(const td::failure& why) {
  std::printf("failed %s\n", to_string(why).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  const td::unique_fd stop{::signalfd(-1, &stops, SFD_CLOEXEC)};

  auto instance = td::standalone_instance::open({.data_dir = argv[1]});
  if (!instance) return failed(instance.error());
  if (auto started = (*instance)->start(stop.get()); !started) return failed(started.error());
  if (auto open = (*instance)->let_producers_in(); !open) return failed(open.error());
  if (auto told = (*instance)->announce(); !told) return failed(told.error());
  std::printf("ready postgres=%d mosquitto=%d\n", (*instance)->postgres().pid(),
              (*instance)->broker().pid());

  signalfd_siginfo signal{};
  while (::read(stop.get(), &signal, sizeof signal) != sizeof signal) {
  }
  if (auto stopped = (*instance)->stop(); !stopped) return failed(stopped.error());
  std::printf("stopped\n");
}
