#include "cli/editor.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/terminal.hpp"

namespace td {
namespace {

constexpr std::size_t max_file_bytes = 64u << 20;

failure broken(std::string_view what, std::string_view file) {
  return {errc::internal, fmt::format("{} {}: {}", file, what, std::strerror(errno))};
}

std::string chosen_editor() {
  for (const auto* name : {"VISUAL", "EDITOR"}) {
    if (const auto* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// Ctrl-C in the editor is the editor's.
class ignored_interrupt {
 public:
  ignored_interrupt() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &before_);
  }
  ~ignored_interrupt() { ::sigaction(SIGINT, &before_, nullptr); }
  ignored_interrupt(const ignored_interrupt&) = delete;
  ignored_interrupt& operator=(const ignored_interrupt&) = delete;

  /// In the child: as it was.
  void restore() const noexcept { ::sigaction(SIGINT, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

/// As git does it: a shell, so that EDITOR may have arguments.
result<void> run_editor(const std::string& editor, const std::string& file) {
  const auto script = editor + " \"$@\"";
  const ignored_interrupt ignored;
  const auto child = ::fork();
  if (child < 0) return broken("can't be started", editor);
  if (child == 0) {
    ignored.restore();
    ::execl("/bin/sh", "sh", "-c", script.c_str(), editor.c_str(), file.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return broken("can't be waited for", editor);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ok();
  return failure{
      errc::internal,
      WIFEXITED(status)
          ? fmt::format("the editor \"{}\" ended with status {}", editor, WEXITSTATUS(status))
          : fmt::format("the editor \"{}\" was ended by signal {}", editor, WTERMSIG(status))};
}

}  // namespace

result<std::string> read_whole(const std::string& file, std::size_t max_bytes) {
  const bool input = file == "-";
  const int fd = input ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return broken("cannot be read", file);
  std::string all;
  std::vector<char> piece(64u << 10);
  ssize_t n = 0;
  while (all.size() <= max_bytes && (n = ::read(fd, piece.data(), piece.size())) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    all.append(piece.data(), static_cast<std::size_t>(n));
  }
  const auto why = broken("cannot be read", input ? "standard input" : file);
  if (!input) ::close(fd);
  if (n < 0) return why;
  if (all.size() > max_bytes) {
    return failure{errc::configuration_invalid,
                   fmt::format("{} has more than {} bytes", input ? "standard input" : file,
                               terminal::grouped(max_bytes))};
  }
  return all;
}

result<edited_file> edited_file::make(std::string_view name, std::string_view text) {
  const auto* folder = std::getenv("TMPDIR");
  auto path = fmt::format("{}/taylordash-{}-XXXXXX.json",
                          folder != nullptr && *folder != '\0' ? folder : "/tmp", name);
  const int fd = ::mkostemps(path.data(), 5, O_CLOEXEC);  // mode 0600
  if (fd < 0) return broken("can't be made", path);
  edited_file file{path, text};
  const bool written = terminal::write({.fd = fd}, text);
  const auto why = broken("can't be written", path);
  ::close(fd);
  if (!written) return why;
  return file;
}

edited_file::edited_file(edited_file&& other) noexcept
    : path_{std::exchange(other.path_, {})},
      before_{std::move(other.before_)},
      kept_{std::exchange(other.kept_, true)} {}

edited_file::~edited_file() {
  if (!kept_) ::unlink(path_.c_str());
}

result<std::string> edited_file::let_edit() {
  const auto editor = chosen_editor();
  if (editor.empty()) {
    return failure{errc::configuration_invalid,
                   "no editor is named: set VISUAL or EDITOR, or give the new text with --file"};
  }
  if (auto done = run_editor(editor, path_); !done) return done.error();
  auto text = read_whole(path_, max_file_bytes);
  if (text && text->ends_with('\n') && !before_.ends_with('\n')) text->pop_back();
  return text;
}

const std::string& edited_file::keep() noexcept {
  kept_ = true;
  return path_;
}

}  // namespace td
