#include "standalone/os_user.hpp"

#include <cerrno>
#include <cstring>
#include <pwd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace td {
namespace {

constexpr int not_that_user = 254;
constexpr int no_barrier = 255;
constexpr std::size_t deepest = 250;  // an exit status must tell which folder it was

/// What the child does: the index of the first folder that can't be entered.
int index_of_barrier(const std::vector<std::filesystem::path>& folders,
                     const os_user& user) noexcept {
  if (!become(user)) return not_that_user;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (::access(folders[i].c_str(), X_OK) != 0 && errno == EACCES) return static_cast<int>(i);
  }
  return no_barrier;
}

std::vector<std::filesystem::path> way_to(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> folders;
  std::filesystem::path so_far;
  for (const auto& part : std::filesystem::absolute(folder)) {
    so_far /= part;
    folders.push_back(so_far);
  }
  return folders;
}

}  // namespace

std::optional<os_user> find_user(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) {
    return std::nullopt;
  }
  return os_user{name, entry.pw_uid, entry.pw_gid};
}

os_user current_user() {
  os_user user{fmt::format("uid {}", ::geteuid()), ::geteuid(), ::getegid()};
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found) {
    user.name = entry.pw_name;
  }
  return user;
}

bool become(const os_user& user) noexcept {
  if (user.uid == ::geteuid() && user.uid == ::getuid()) return true;
  // The bare system calls: glibc's wrappers tell every thread, and a forked child has but one.
  const auto group = user.gid;
  return ::syscall(SYS_setgroups, 1, &group) == 0 &&
         ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
         ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

result<std::optional<std::filesystem::path>> first_barrier(const std::filesystem::path& folder,
                                                           const os_user& user) {
  const auto folders = way_to(folder);
  if (folders.size() > deepest) {
    return failure{errc::configuration_invalid, folder.string() + " is too deep", {}};
  }
  const pid_t child = ::fork();
  if (child < 0) {
    return failure{errc::internal, fmt::format("cannot fork: {}", std::strerror(errno)), {}};
  }
  if (child == 0) ::_exit(index_of_barrier(folders, user));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const int answer = WIFEXITED(status) ? WEXITSTATUS(status) : not_that_user;
  if (answer == no_barrier) return std::optional<std::filesystem::path>{};
  if (answer == not_that_user) {
    return failure{errc::permission_denied,
                   fmt::format("cannot become user {}: it takes root (or CAP_SETUID and "
                               "CAP_SETGID)",
                               user.name),
                   {}};
  }
  return std::optional{folders.at(static_cast<std::size_t>(answer))};
}

}  // namespace td
