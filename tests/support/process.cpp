#include "tests/support/process.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace td::test {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

temp_dir::temp_dir(const std::string& prefix) {
  std::string name = (std::filesystem::temp_directory_path() / (prefix + "-XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) fail("mkdtemp");
  path_ = name;
}

temp_dir::~temp_dir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string temp_dir::write(const std::string& name, const std::string& content) const {
  const std::string where = file(name);
  const int fd = ::open(where.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fail(where.c_str());
  ::close(fd);
  std::ofstream(where) << content;
  return where;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) fail("bind");
  return ntohs(address.sin_port);
}

child_process::child_process(std::vector<std::string> command) {
  int out[2];
  if (::pipe2(out, O_CLOEXEC) != 0) fail("pipe2");
  std::vector<char*> arguments;
  for (std::string& word : command)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(out[1], STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out[1]);
  reader_ = std::thread([this, fd = out[0]] { collect(fd); });
}

child_process::~child_process() {
  end(SIGKILL);
  reader_.join();
}

void child_process::collect(int fd) {
  std::string open_line;
  char piece[4096];
  for (ssize_t got = 0;
       (got = ::read(fd, piece, sizeof piece)) > 0 || (got < 0 && errno == EINTR);) {
    if (got < 0) continue;
    const std::lock_guard lock(mutex_);
    for (const char c : std::string_view(piece, static_cast<std::size_t>(got))) {
      if (c == '\n') {
        lines_.push_back(std::exchange(open_line, {}));
      } else {
        open_line += c;
      }
    }
    changed_.notify_all();
  }
  ::close(fd);
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void child_process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int child_process::end(int number) {
  if (pid_ <= 0) return status_;
  ::kill(pid_, number);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status_;
}

bool child_process::await_output(const std::string& text, std::size_t wanted,
                                 std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, within, [&] { return ended_ || count(text) >= wanted; });
  return count(text) >= wanted;
}

std::size_t child_process::lines_with(const std::string& text) const {
  const std::lock_guard lock(mutex_);
  return count(text);
}

std::size_t child_process::count(const std::string& text) const {
  return static_cast<std::size_t>(
      std::count_if(lines_.begin(), lines_.end(),
                    [&](const auto& line) { return line.find(text) != line.npos; }));
}

std::string child_process::output() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const std::string& line : lines_)
    all += line + '\n';
  return all;
}

}  // namespace td::test
