#include "standalone/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

namespace td {
namespace {

using clock = std::chrono::steady_clock;

// glibc 2.36 declares these two without C linkage for C++.
unique_fd open_pidfd(pid_t pid) {
  return unique_fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

failure no_start(const program& p, std::string_view step, int error) {
  const bool forbidden = error == EACCES || error == EPERM;
  return {forbidden ? errc::permission_denied : errc::internal,
          fmt::format("cannot start {}: {}: {}", p.executable.string(), step, std::strerror(error)),
          {}};
}

struct pipe_ends {
  unique_fd read, write;
};

std::optional<pipe_ends> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return pipe_ends{unique_fd{ends[0]}, unique_fd{ends[1]}};
}

/// Out of the way of 0, 1 and 2, which the child is about to redirect.
unique_fd above_standard(unique_fd fd) {
  return fd ? unique_fd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)} : std::move(fd);
}

unique_fd open_log(const std::filesystem::path& log) {
  return above_standard(
      unique_fd{::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600)});
}

/// Standard input from memory: no pipe, so no SIGPIPE when the program ends early.
unique_fd open_input(const std::string& text) {
  if (text.empty()) return above_standard(unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)});
  unique_fd memory{::memfd_create("input", MFD_CLOEXEC)};
  if (!memory ||
      ::write(memory.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return {};
  }
  ::lseek(memory.get(), 0, SEEK_SET);
  return above_standard(std::move(memory));
}

/// Everything the child needs, made before the fork: between fork and exec it may only make
/// system calls (signal-safety(7)), because another thread may have held any lock.
struct plan {
  explicit plan(const program& p) : user{&p.user}, executable{p.executable.c_str()} {
    argv.push_back(const_cast<char*>(executable));
    for (const auto& argument : p.arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    for (const auto& entry : p.environment)
      envp.push_back(const_cast<char*>(entry.c_str()));
    envp.push_back(nullptr);
  }

  std::vector<char*> argv, envp;
  const os_user* user;
  const char* executable;
  unique_fd input, log;
  pipe_ends gate;    // parent to child: one byte says go; end of file says the parent is gone
  pipe_ends report;  // child to parent: errno of a failure; closed by a successful exec
  pid_t dies_with{};
};

void restore_signals() noexcept {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    ::sigaction(number, &by_default, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void wait_for_go(const plan& p) noexcept {
  ::close(p.gate.write.get());
  char go = 0;
  ssize_t n = 0;
  do {
    n = ::read(p.gate.read.get(), &go, 1);
  } while (n < 0 && errno == EINTR);
  if (n != 1) ::_exit(125);
}

bool take_shape(const plan& p) noexcept {
  ::umask(077);
  if (::dup2(p.input.get(), 0) < 0 || ::dup2(p.log.get(), 1) < 0 || ::dup2(p.log.get(), 2) < 0) {
    return false;
  }
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (::chdir("/") != 0 || !become(*p.user)) return false;
  if (p.dies_with == 0) return true;
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == p.dies_with;
}

[[noreturn]] void be_the_child(const plan& p) noexcept {
  ::setsid();
  wait_for_go(p);
  restore_signals();
  if (take_shape(p)) ::execve(p.executable, p.argv.data(), p.envp.data());
  const int error = errno;
  [[maybe_unused]] const auto n = ::write(p.report.write.get(), &error, sizeof error);
  ::_exit(127);
}

result<plan> make_plan(const program& p) {
  plan made{p};
  made.input = open_input(p.input);
  if (!made.input) return no_start(p, "its input", errno);
  made.log = open_log(p.log);
  if (!made.log) return no_start(p, p.log.string(), errno);
  auto gate = make_pipe();
  auto report = make_pipe();
  if (!gate || !report) return no_start(p, "pipe", errno);
  made.gate = std::move(*gate);
  made.report = std::move(*report);
  return made;
}

/// Forks with all signals held back, so that no handler of ours runs in the child.
pid_t fork_child(const plan& p) {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child == 0) be_the_child(p);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return child;
}

/// Lets the child go on to exec; the errno it met, or 0.
int let_go(plan& p) {
  p.report.write.reset();
  [[maybe_unused]] const auto gone = ::write(p.gate.write.get(), "g", 1);
  int error = 0;
  ssize_t n = 0;
  do {
    n = ::read(p.report.read.get(), &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  return n == sizeof error ? error : 0;
}

ending ending_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) {
    return {info.si_status == 0, fmt::format("exited with status {}", info.si_status)};
  }
  return {false, fmt::format("killed by signal {}", info.si_status)};
}

ending collect_child(int pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) < 0 && errno == EINTR) {
  }
  return ending_of(info);
}

void end_child(pid_t child) {
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

result<ending> run_to_end(const program& p, std::chrono::milliseconds limit) {
  auto made = make_plan(p);
  if (!made) return made.error();
  made->dies_with = ::getpid();
  const pid_t child = fork_child(*made);
  if (child < 0) return no_start(p, "fork", errno);
  const auto pidfd = open_pidfd(child);
  if (!pidfd) {
    const int error = errno;
    end_child(child);
    return no_start(p, "pidfd_open", error);
  }
  if (const int error = let_go(*made); error != 0) {
    end_child(child);
    return no_start(p, "exec", error);
  }
  if (readable_within(pidfd.get(), limit)) return collect_child(pidfd.get());
  end_child(child);
  return failure{errc::timed_out,
                 fmt::format("{} did not end within {} s", p.executable.string(),
                             std::chrono::duration<double>(limit).count()),
                 {}};
}

result<server_process> server_process::launch(program p, const std::filesystem::path& record,
                                              const std::string& instance) {
  p.environment.push_back("TAYLORDASH_INSTANCE=" + instance);
  auto made = make_plan(p);
  if (!made) return made.error();
  const pid_t child = fork_child(*made);
  if (child < 0) return no_start(p, "fork", errno);
  auto pidfd = open_pidfd(child);
  const auto identity = identify(child);
  if (!pidfd || !identity) {
    const int error = errno;
    end_child(child);
    return no_start(p, "its identity", error);
  }
  const auto text = to_text(process_record{*identity, instance});
  if (auto written = write_durably(record, text, {}); !written) {
    end_child(child);
    return written.error();
  }
  if (const int error = let_go(*made); error != 0) {
    end_child(child);
    ::unlink(record.c_str());
    return no_start(p, "exec", error);
  }
  return server_process{*identity, std::move(pidfd), false};
}

std::optional<server_process> server_process::adopt(const std::filesystem::path& record,
                                                    const std::string& instance) {
  const auto known = read_process_record(record);
  if (!known || known->instance != instance) return std::nullopt;
  auto pidfd = open_process(known->process);
  if (!pidfd || !started_with(known->process.pid, "TAYLORDASH_INSTANCE", instance)) {
    return std::nullopt;
  }
  return server_process{known->process, std::move(*pidfd), true};
}

bool server_process::wait(std::chrono::milliseconds limit, int cancel_fd) const {
  return readable_within(pidfd_.get(), limit, cancel_fd);
}

result<void> server_process::signal(int number) const {
  return send_signal(pidfd_.get(), number);
}

ending server_process::collect() {
  return adopted_ ? ending{} : collect_child(pidfd_.get());
}

bool readable_within(int fd, std::chrono::milliseconds limit, int cancel_fd) {
  const auto deadline = clock::now() + limit;
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{cancel_fd, POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    const int wait = static_cast<int>(std::max<std::int64_t>(0, left.count()));
    const int n = ::poll(fds.data(), fds.size(), wait);
    if (n < 0 && errno == EINTR) continue;
    return n > 0 && fds[0].revents != 0;
  }
}

result<void> send_signal(int pidfd, int number) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) == 0 || errno == ESRCH)
    return ok();
  return failure{
      errc::internal, fmt::format("cannot send signal {}: {}", number, std::strerror(errno)), {}};
}

std::optional<unique_fd> open_process(const process_identity& who) {
  // First the descriptor, then the look: whatever it names now can't change under us.
  auto pidfd = open_pidfd(who.pid);
  if (!pidfd || identify(who.pid) != who) return std::nullopt;
  return pidfd;
}

}  // namespace td
