#include "identity/secret_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace td {

namespace {

constexpr std::size_t secret_characters = 43;  // base64url of 32 bytes

failure trouble(std::string_view what, const std::filesystem::path& file) {
  const int error = errno;
  return {errc::configuration_invalid,
          fmt::format("{} {}: {}", what, file.string(), std::strerror(error))};
}

/// A file of random name beside `file`, written and on disk. Removes itself.
class draft {
 public:
  explicit draft(const std::filesystem::path& file)
      : path_{file.string() + "." + crypto::random_text(8)} {}
  ~draft() { ::unlink(path_.c_str()); }
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  result<void> write(std::string_view text) const {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return trouble("cannot write", path_);
    const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
    const auto why = trouble("cannot write", path_);
    ::close(fd);
    if (!whole) return why;
    return ok();
  }
  const char* name() const { return path_.c_str(); }

 private:
  std::filesystem::path path_;
};

result<void> sync_folder_of(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return trouble("cannot open", folder);
  const bool done = ::fsync(fd) == 0;
  const auto why = trouble("cannot write", folder);
  ::close(fd);
  if (!done) return why;
  return ok();
}

}  // namespace

result<deployment_secret> load_secret(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) {
    return failure{errc::not_found, fmt::format("there is no file {}", file.string())};
  }
  if (fd < 0) return trouble("cannot read", file);
  struct stat about {};
  const bool regular = ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
  std::string text(secret_characters + 2, '\0');
  const auto size = ::read(fd, text.data(), text.size());
  ::close(fd);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (text.size() == secret_characters + 1 && text.back() == '\n') text.pop_back();
  if (regular && (about.st_mode & S_IROTH) != 0) {
    return failure{
        errc::permission_denied,
        fmt::format("every user of this machine may read {0}: chmod 600 {0}", file.string())};
  }
  auto bytes = crypto::from_base64url(text);
  crypto::wipe(text);
  deployment_secret secret;
  if (!bytes || bytes->size() != secret.bytes.size()) {
    return failure{
        errc::configuration_invalid,
        fmt::format("{} does not hold a secret of ours: put it back from a backup", file.string())};
  }
  std::copy(bytes->begin(), bytes->end(), secret.bytes.begin());
  crypto::wipe(*bytes);
  return secret;
}

result<deployment_secret> make_secret(const std::filesystem::path& file) {
  const draft made{file};
  if (auto r = made.write(crypto::base64url(crypto::random_bytes(32)) + "\n"); !r) return r.error();
  // link, not rename: it never takes the place of a file.
  if (::link(made.name(), file.c_str()) != 0 && errno != EEXIST)
    return trouble("cannot make", file);
  if (auto r = sync_folder_of(file); !r) return r.error();
  return load_secret(file);
}

result<void> write_private(const std::filesystem::path& file, std::string_view text) {
  const draft made{file};
  if (auto r = made.write(text); !r) return r;
  if (::rename(made.name(), file.c_str()) != 0) return trouble("cannot make", file);
  return sync_folder_of(file);
}

}  // namespace td
