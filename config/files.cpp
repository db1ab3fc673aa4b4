#include "config/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace td::config {
namespace {

struct descriptor {
  int fd;
  explicit descriptor(const std::string& name) : fd{::open(name.c_str(), O_RDONLY | O_CLOEXEC)} {}
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
};

std::string unreadable(int error) {
  return "cannot be read: " + std::generic_category().message(error);
}

file_content opened(const descriptor& file) {
  file_content result;
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) {
    result.problem = unreadable(errno);
  } else if (S_ISDIR(info.st_mode)) {
    result.problem = unreadable(EISDIR);
  } else {
    result.open_to_others = S_ISREG(info.st_mode) && (info.st_mode & (S_IROTH | S_IWOTH)) != 0;
  }
  return result;
}

}  // namespace

file_content read_file(const std::string& name, std::size_t most) {
  const descriptor file{name};
  auto result = opened(file);
  char piece[4096];
  while (result.problem.empty()) {
    const auto n = ::read(file.fd, piece, sizeof piece);
    if (n == 0) break;
    if (n < 0 && errno != EINTR) result.problem = unreadable(errno);
    if (n > 0) result.text.append(piece, static_cast<std::size_t>(n));
    if (result.text.size() > most) {
      result.problem = fmt::format("is larger than {} bytes", most);
    }
  }
  if (!result.problem.empty()) result.text.clear();
  return result;
}

file_content probe_file(const std::string& name) {
  return opened(descriptor{name});
}

}  // namespace td::config
