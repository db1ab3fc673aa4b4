#include "bench/child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "standalone/files.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

milliseconds from_timeval(const timeval& t) {
  return std::chrono::round<milliseconds>(std::chrono::seconds{t.tv_sec} +
                                          std::chrono::microseconds{t.tv_usec});
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& t : texts)
    pointers.push_back(t.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Our variables but for those that `more` has or that configure the product, and `more`.
std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> all;
  for (char** v = environ; *v != nullptr; ++v) {
    const std::string_view ours{*v};
    const auto name = ours.substr(0, ours.find('='));
    const bool replaced =
        name.starts_with("TAYLORDASH_") ||
        std::any_of(more.begin(), more.end(), [&](const auto& m) { return m.first == name; });
    if (!replaced) all.emplace_back(ours);
  }
  for (const auto& [name, value] : more)
    all.push_back(name + "=" + value);
  return all;
}

}  // namespace

result<std::unique_ptr<child>> child::start(const child_command& command) {
  auto arguments = command.arguments;
  auto environment = environment_with(command.environment);
  const auto argv = pointers_to(arguments);
  const auto envp = pointers_to(environment);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure("cannot make a pipe for", argv[0]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::setpgid(0, 0);  // Ctrl-C is for us: we end our children in order
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return system_failure("cannot start", argv[0]);
  }
  return std::unique_ptr<child>{new child{pid, ends[0]}};
}

child::child(pid_t pid, int output) : pid_{pid}, reader_{[this, output] { collect(output); }} {}

child::~child() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

/// Until the output is closed. In the reader's thread.
void child::collect(int output) {
  std::string open_line;
  char buffer[4096];
  for (ssize_t n = 1; n > 0 || (n < 0 && errno == EINTR);) {
    n = ::read(output, buffer, sizeof buffer);
    if (n <= 0) continue;
    open_line.append(buffer, static_cast<std::size_t>(n));
    const std::lock_guard guard{mutex_};
    for (auto end = open_line.find('\n'); end != open_line.npos; end = open_line.find('\n')) {
      lines_.push_back(open_line.substr(0, end));
      open_line.erase(0, end + 1);
    }
    changed_.notify_all();
  }
  ::close(output);
  const std::lock_guard guard{mutex_};
  if (!open_line.empty()) lines_.push_back(open_line);
  silent_ = true;
  changed_.notify_all();
}

result<std::string> child::await_line(std::string_view text, milliseconds within,
                                      stop_signal& stop) {
  const auto deadline = steady::now() + within;
  std::size_t seen = 0;
  std::unique_lock guard{mutex_};
  for (;;) {
    for (; seen < lines_.size(); ++seen) {
      if (lines_[seen].find(text) != std::string::npos) return lines_[seen];
    }
    if (silent_) {
      guard.unlock();
      return ended_early();
    }
    if (steady::now() > deadline) {
      return failure{errc::timed_out, fmt::format("process {} did not write '{}'", pid_, text)};
    }
    // In slices, because the stop comes through a descriptor.
    changed_.wait_for(guard, 50ms);
    if (stop.wait(0ms)) return failure{errc::stopping, stop.reason()};
  }
}

result<cpu_time> child::end(int signal, milliseconds within) {
  if (signal != 0) ::kill(pid_, signal);
  const unique_fd handle{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
  pollfd ended{handle.get(), POLLIN, 0};
  if (!handle || ::poll(&ended, 1, static_cast<int>(within.count())) <= 0) {
    return failure{errc::timed_out,
                   fmt::format("process {} does not end; it wrote last: {}", pid_, last_words())};
  }
  int status = 0;
  rusage used{};
  ::wait4(pid_, &status, 0, &used);
  const auto pid = std::exchange(pid_, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return cpu_time{from_timeval(used.ru_utime), from_timeval(used.ru_stime)};
  reader_.join();
  const auto how = WIFEXITED(status) ? fmt::format("exited with status {}", WEXITSTATUS(status))
                                     : fmt::format("was killed by signal {}", WTERMSIG(status));
  return failure{errc::internal,
                 fmt::format("process {} {}; it wrote last: {}", pid, how, last_words())};
}

bool child::runs() const {
  siginfo_t info{};
  return pid_ > 0 &&
         ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

std::string child::last_words() const {
  const std::lock_guard guard{mutex_};
  std::string words;
  for (std::size_t i = lines_.size() > 5 ? lines_.size() - 5 : 0; i < lines_.size(); ++i)
    words += "\n  " + lines_[i];
  return words.empty() ? "nothing" : words;
}

failure child::ended_early() const {
  return {errc::internal, fmt::format("process {} ended; it wrote last: {}", pid_, last_words())};
}

}  // namespace td::bench
