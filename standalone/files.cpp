#include "standalone/files.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "pipeline/uuid.hpp"

namespace td {
namespace {

result<void> write_all(int fd, std::string_view text, const std::filesystem::path& file) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("cannot write", file);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return ok();
}

result<void> fill(int fd, std::string_view text, const file_rights& rights,
                  const std::filesystem::path& file) {
  if (::fchown(fd, rights.uid, rights.gid) != 0) return system_failure("cannot hand over", file);
  if (::fchmod(fd, rights.mode) != 0) return system_failure("cannot set the rights of", file);
  if (auto written = write_all(fd, text, file); !written) return written;
  if (::fsync(fd) != 0) return system_failure("cannot sync", file);
  return ok();
}

}  // namespace

void unique_fd::reset() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

failure system_failure(std::string_view what, const std::filesystem::path& path) {
  const int error = errno;
  const auto code = error == EACCES || error == EPERM ? errc::permission_denied : errc::internal;
  return {code, fmt::format("{} {}: {}", what, path.string(), std::strerror(error)), {}};
}

std::optional<std::string> read_text(const std::filesystem::path& file) {
  const unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return std::nullopt;
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string tail_of(const std::filesystem::path& file, std::size_t bytes) {
  const unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return {};
  const auto size = static_cast<std::size_t>(status.st_size);
  const auto from = size > bytes ? size - bytes : 0;
  std::string text(size - from, '\0');
  const auto n = ::pread(fd.get(), text.data(), text.size(), static_cast<off_t>(from));
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  if (const auto line_end = text.find('\n'); from > 0 && line_end != std::string::npos) {
    text.erase(0, line_end + 1);
  }
  return text;
}

result<void> write_durably(const std::filesystem::path& file, std::string_view text,
                           const file_rights& rights) {
  auto beside = file;
  beside += fmt::format(".{}.new", to_string(random_uuid()));
  {
    const unique_fd fd{
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd) return system_failure("cannot make", beside);
    if (auto filled = fill(fd.get(), text, rights, beside); !filled) {
      ::unlink(beside.c_str());
      return filled;
    }
  }
  if (::rename(beside.c_str(), file.c_str()) != 0) {
    const auto why = system_failure("cannot write", file);
    ::unlink(beside.c_str());
    return why;
  }
  return sync_folder(file.parent_path());
}

result<void> ensure_folder(const std::filesystem::path& folder, const file_rights& rights) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_failure("cannot make the folder", folder);
  }
  const unique_fd fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!fd && (errno == ENOTDIR || errno == ELOOP)) {
    return failure{errc::configuration_invalid,
                   fmt::format("{} stands where a folder is needed", folder.string()),
                   {}};
  }
  if (!fd) return system_failure("cannot open the folder", folder);
  if (::fchown(fd.get(), rights.uid, rights.gid) != 0) {
    return system_failure("cannot hand over", folder);
  }
  if (::fchmod(fd.get(), rights.mode) != 0)
    return system_failure("cannot set the rights of", folder);
  return ok();
}

result<void> sync_folder(const std::filesystem::path& folder) {
  const unique_fd fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd || ::fsync(fd.get()) != 0) return system_failure("cannot sync", folder);
  return ok();
}

std::optional<std::map<std::string, std::string>> parse_key_values(std::string_view text) {
  std::map<std::string, std::string> values;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    values.insert_or_assign(std::string{line.substr(0, equals)},
                            std::string{line.substr(equals + 1)});
  }
  return values;
}

}  // namespace td
