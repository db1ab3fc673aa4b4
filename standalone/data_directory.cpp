#include "standalone/data_directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "pipeline/uuid.hpp"

namespace td {
namespace {

namespace fs = std::filesystem;

constexpr int layout_version = 1;
constexpr std::string_view advice = "choose another one with --data-dir";

failure refused(std::string detail) {
  return {errc::configuration_invalid, std::move(detail), {}};
}

bool as_root() {
  return ::geteuid() == 0;
}

/// Folders that a server must be able to walk through. As root the servers are other users; they
/// may pass, but neither list nor read.
mode_t passable() {
  return as_root() ? 0711 : 0700;
}

result<void> check_spelling(const fs::path& root) {
  const auto& text = root.native();
  const auto bad = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x20 || c == 0x7f || c == '\'' || c == '"' || c == '\\' || c == ',';
  });
  if (bad != text.end() || text.back() == ' ') {
    return refused(
        fmt::format("the data directory \"{}\" has a quote, comma, backslash, control "
                    "character or closing blank, which the servers' configuration "
                    "files can't hold; {}",
                    text, advice));
  }
  const auto longest = (data_layout{root}.socket_folder() / ".s.PGSQL.5432").native().size();
  if (longest > longest_socket_path) {
    return refused(
        fmt::format("the data directory {} is {} bytes too long: the path of "
                    "PostgreSQL's socket below it may have {} bytes; {}",
                    text, longest - longest_socket_path, longest_socket_path, advice));
  }
  return ok();
}

result<void> check_entrance(const fs::path& root, const server_users& users) {
  for (const auto* user : {&users.postgres, &users.mosquitto}) {
    if (!as_root()) break;
    const auto barrier = first_barrier(root.parent_path(), *user);
    if (!barrier) return barrier.error();
    if (*barrier) {
      return refused(fmt::format(
          "user {}, as whom a server of the instance runs, may not enter {}, so {} can't be the "
          "data directory; {} (as root the default is /var/lib/taylordash), or let that user in: "
          "chmod o+x {}",
          user->name, (*barrier)->string(), root.string(), advice, (*barrier)->string()));
    }
  }
  return ok();
}

result<void> check_owner(const fs::path& root) {
  struct stat status {};
  if (::stat(root.c_str(), &status) != 0) return system_failure("cannot look at", root);
  if (!S_ISDIR(status.st_mode)) return refused(fmt::format("{} is not a folder", root.string()));
  if (status.st_uid == ::geteuid()) return ok();
  return failure{errc::permission_denied,
                 fmt::format("{} belongs to the user with id {}, and this is {}: run as its "
                             "owner, or {}",
                             root.string(), status.st_uid, current_user().name, advice),
                 {}};
}

/// Anything that is there beside the lock, which an unfinished first start may have left, and the
/// folder for logs, which whoever starts us in the background needs before we run.
std::optional<std::string> foreign_content(const fs::path& root) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{root, error}) {
    const auto name = entry.path().filename();
    if (name != "lock" && name != "log") return name.string();
  }
  return std::nullopt;
}

result<std::optional<unique_fd>> take_lock(const data_layout& layout) {
  unique_fd fd{::open(layout.lock().c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd) return system_failure("cannot open", layout.lock());
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return std::optional{std::move(fd)};
  if (errno == EWOULDBLOCK) return std::optional<unique_fd>{};
  return system_failure("cannot lock", layout.lock());
}

failure in_use(const data_layout& layout) {
  const auto holder = holder_of(layout);
  const auto who = holder ? fmt::format("process {}", holder->pid) : "another process";
  return refused(
      fmt::format("the data directory {} is in use by {}: one instance uses it at a "
                  "time; stop that one with `taylordash standalone --stop --data-dir "
                  "{}`, or {}",
                  layout.root.string(), who, layout.root.string(), advice));
}

failure not_ours(const fs::path& root, std::string_view found) {
  return refused(fmt::format("{} is not a data directory of TaylorDash ({}); {}", root.string(),
                             found, advice));
}

}  // namespace

result<data_layout> layout_of(const fs::path& path) {
  std::error_code error;
  auto canonical = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return refused(fmt::format("{}: {}", path.string(), error.message()));
  if (!canonical.has_filename()) canonical = canonical.parent_path();
  if (canonical != canonical.root_path()) return data_layout{canonical};
  return refused(fmt::format("/ itself can't be the data directory; {}", advice));
}

result<server_users> choose_server_users() {
  if (!as_root()) return server_users{current_user(), current_user()};
  const auto postgres = find_user("postgres");
  const auto mosquitto = find_user("mosquitto");
  if (!postgres || !mosquitto) {
    return refused(fmt::format(
        "as root the servers run as users of their own, and there is no user {0}: apt-get install "
        "{1}, or run as an ordinary user",
        postgres ? "mosquitto" : "postgres", postgres ? "mosquitto" : "postgresql-15"));
  }
  return server_users{*postgres, *mosquitto};
}

result<fs::path> default_data_dir() {
  if (as_root()) return fs::path{"/var/lib/taylordash"};
  const auto* data_home = std::getenv("XDG_DATA_HOME");
  if (data_home != nullptr && *data_home == '/') return fs::path{data_home} / "taylordash";
  const auto* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return fs::path{home} / ".local/share/taylordash";
  return refused("no home directory is known (HOME is not set): say --data-dir DIR");
}

result<data_directory> data_directory::open(const fs::path& path, const server_users& users) {
  const auto layout = layout_of(path);
  if (!layout) return layout.error();
  const auto& root = layout->root;
  if (auto fine = check_spelling(root); !fine) return fine.error();
  if (auto fine = check_entrance(root, users); !fine) return fine.error();
  std::error_code error;
  fs::create_directories(root.parent_path(), error);
  if (::mkdir(root.c_str(), passable()) != 0 && errno != EEXIST) {
    return system_failure("cannot make the data directory", root);
  }
  if (auto fine = check_owner(root); !fine) return fine.error();
  if (!fs::exists(layout->marker(), error)) {
    if (const auto found = foreign_content(root)) {
      return not_ours(root, fmt::format("it holds {}", *found));
    }
  }
  auto lock = take_lock(*layout);
  if (!lock) return lock.error();
  if (!*lock) return in_use(*layout);
  data_directory opened{*layout, users, std::move(**lock)};
  if (auto claimed = opened.claim(); !claimed) return claimed.error();
  return opened;
}

result<std::optional<data_directory>> data_directory::open_existing(const fs::path& path,
                                                                    const server_users& users) {
  const auto layout = layout_of(path);
  if (!layout) return layout.error();
  if (auto fine = check_owner(layout->root); !fine) return fine.error();
  if (!read_text(layout->marker())) {
    return not_ours(layout->root, "it has no file taylordash.instance");
  }
  auto lock = take_lock(*layout);
  if (!lock) return lock.error();
  if (!*lock) return std::optional<data_directory>{};
  data_directory opened{*layout, users, std::move(**lock)};
  if (auto claimed = opened.claim(); !claimed) return claimed.error();
  return std::optional{std::move(opened)};
}

result<void> data_directory::claim() {
  if (::ftruncate(lock_.get(), 0) != 0) return system_failure("cannot empty", layout_.lock());
  if (const auto marker = read_text(layout_.marker())) {
    if (auto read = read_marker(*marker); !read) return read;
  } else {
    instance_ = to_string(random_uuid());
    const auto text = fmt::format(
        "# A data directory of TaylorDash. Without this file it is not recognised as one.\n"
        "layout={}\ninstance={}\n",
        layout_version, instance_);
    if (auto written = write_durably(layout_.marker(), text, {0600}); !written) return written;
  }
  if (auto signed_ = sign_lock(); !signed_) return signed_;
  return make_folders();
}

result<void> data_directory::read_marker(const std::string& text) {
  const auto values = parse_key_values(text);
  if (!values || !values->contains("instance") || !values->contains("layout")) {
    return not_ours(layout_.root, "its file taylordash.instance is damaged");
  }
  if (values->at("layout") != std::to_string(layout_version)) {
    return refused(
        fmt::format("{} has layout {}, and this version knows layout {}: use the "
                    "version that made it",
                    layout_.root.string(), values->at("layout"), layout_version));
  }
  instance_ = values->at("instance");
  return ok();
}

result<void> data_directory::sign_lock() {
  const auto self = identify(::getpid());
  if (!self) return failure{errc::internal, "/proc does not show this process", {}};
  const auto text = to_text(process_record{*self, instance_});
  if (::pwrite(lock_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return system_failure("cannot write", layout_.lock());
  }
  return ok();
}

result<void> data_directory::make_folders() {
  struct wanted {
    fs::path folder;
    mode_t mode;
    const os_user* owner;
  };
  const auto self = current_user();
  const std::array folders{wanted{layout_.root, passable(), &self},
                           wanted{layout_.run(), passable(), &self},
                           wanted{layout_.etc(), passable(), &self},
                           wanted{layout_.tls(), passable(), &self},
                           wanted{layout_.secrets(), 0700, &self},
                           wanted{layout_.log(), 0700, &self},
                           wanted{layout_.socket_folder(), 0700, &users_.postgres},
                           wanted{layout_.broker(), 0700, &users_.mosquitto}};
  for (const auto& [folder, mode, owner] : folders) {
    if (auto made = ensure_folder(folder, {mode, owner->uid, owner->gid}); !made) return made;
  }
  return ok();
}

result<std::vector<std::string>> data_directory::purge() {
  std::error_code error;
  // The marker goes last but one: a purge that was cut short can be repeated.
  for (const auto& ours :
       {layout_.run(), layout_.log(), layout_.cluster(), layout_.root / "postgresql.new",
        layout_.broker(), layout_.etc(), layout_.tls(), layout_.secrets(), layout_.ports(),
        layout_.marker(), layout_.lock()}) {
    fs::remove_all(ours, error);
    if (error) {
      return failure{
          errc::internal, fmt::format("cannot remove {}: {}", ours.string(), error.message()), {}};
    }
  }
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator{layout_.root, error}) {
    left.push_back(entry.path().filename().string());
  }
  if (left.empty()) fs::remove(layout_.root, error);
  return left;
}

std::optional<process_identity> holder_of(const data_layout& layout) {
  const auto record = read_process_record(layout.lock());
  return record ? std::optional{record->process} : std::nullopt;
}

}  // namespace td
