#include "standalone/postgres_cluster.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "pipeline/log.hpp"

namespace td {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view major_version = "15";

constexpr std::string_view local_conf =
    R"(# Your own PostgreSQL settings: read last, never overwritten.
)";

constexpr std::string_view pg_hba = R"(# Written by TaylorDash at every start.
# Only the socket in the data directory, only with a password.
local all all scram-sha-256
)";

/// A path inside a URL: everything but letters, digits and -._~ as %XX (RFC 3986 section 2.1).
std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return encoded;
}

/// Whether `pid` is a PostgreSQL server that works in `cluster` (a postmaster lives in its data
/// directory).
bool is_postmaster_of(pid_t pid, const fs::path& cluster) {
  struct stat here {};
  struct stat there {};
  if (::stat(cluster.c_str(), &here) != 0 ||
      ::stat(fmt::format("/proc/{}/cwd", pid).c_str(), &there) != 0) {
    return false;
  }
  std::error_code error;
  const auto executable = fs::read_symlink(fmt::format("/proc/{}/exe", pid), error);
  return here.st_dev == there.st_dev && here.st_ino == there.st_ino &&
         executable.filename().native().starts_with("postgres");
}

/// A pid that no process can have: beyond the largest that Linux can be set to give (2^22).
constexpr pid_t nobodys_pid = 1 << 23;

}  // namespace

std::string postgresql_conf(const fs::path& socket_folder, const fs::path& local) {
  return fmt::format(R"(# Written by TaylorDash at every start; your own settings go into
# {1}, which is read last.

# -- who may come in: nobody over the network ---
listen_addresses = ''
unix_socket_directories = '{0}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 100

# -- committed means on disk ---
fsync = on
synchronous_commit = on
full_page_writes = on

# -- a steady stream of inserts: few, long checkpoints, small full-page images ---
shared_buffers = 256MB
maintenance_work_mem = 128MB
checkpoint_timeout = 15min
max_wal_size = 2GB
recovery_init_sync_method = syncfs
wal_compression = lz4
jit = off

# -- WAL files: keep them, and do not fill new ones with zeros in the middle of somebody's commit ---
min_wal_size = 1GB
wal_init_zero = off

# -- one time zone, one language, lines that can be searched ---
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
log_line_prefix = '%m [%p] %a '

include = '{1}'
)",
                     socket_folder.string(), local.string());
}

bool postgres_answers(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& path = socket.native();
  if (path.size() > longest_socket_path) return false;
  std::copy(path.begin(), path.end(), address.sun_path);
  const unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval limit{2, 0};
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return false;
  }
  // Length, version 3.0, then names and values.
  constexpr char parameters[] = "user\0taylordash\0database\0taylordash\0";
  std::string message{"\0\0\0\0\0\3\0\0", 8};
  message.append(parameters, sizeof parameters);
  message[3] = static_cast<char>(message.size());
  if (::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(message.size())) {
    return false;
  }
  // All of the answer is read: the server's log would tell of a connection cut short.
  std::array<char, 512> answer{};
  return ::recv(fd.get(), answer.data(), answer.size(), 0) > 0 && answer[0] == 'R';
}

postgres_cluster::postgres_cluster(const data_directory& directory, const instance_secrets& secrets,
                                   const server_programs& programs)
    : managed_server{"postgresql", directory.layout().run() / "postgresql.process",
                     directory.layout().log() / "postgresql.log", directory.instance()},
      layout_{directory.layout()},
      user_{directory.users().postgres},
      secrets_{secrets},
      programs_{programs} {}

std::string postgres_cluster::url() const {
  return fmt::format("postgresql://taylordash:{}@/taylordash?host={}", secrets_.database,
                     percent_encoded(layout_.socket_folder().native()));
}

std::string postgres_cluster::configuration() const {
  return postgresql_conf(layout_.socket_folder(), layout_.etc() / "postgresql.local.conf");
}

bool postgres_cluster::configuration_is_current() const {
  return read_text(layout_.cluster() / "postgresql.conf") == configuration() &&
         read_text(layout_.cluster() / "pg_hba.conf") == std::string{pg_hba};
}

result<void> postgres_cluster::prepare() {
  std::error_code error;
  if (!fs::exists(layout_.cluster(), error)) {
    if (auto created = create(); !created) return created;
  }
  if (auto fine = check_version(); !fine) return fine;
  if (auto fine = clear_stale_pid_file(); !fine) return fine;
  const auto local = layout_.etc() / "postgresql.local.conf";
  if (!fs::exists(local, error)) {
    if (auto written = write_durably(local, local_conf, {0644}); !written) return written;
  }
  const file_rights rights{0600, user_.uid, user_.gid};
  auto written = write_durably(layout_.cluster() / "postgresql.conf", configuration(), rights);
  if (!written) return written;
  return write_durably(layout_.cluster() / "pg_hba.conf", pg_hba, rights);
}

program postgres_cluster::command() const {
  return {programs_.postgres_bin / "postgres",
          {"-D", layout_.cluster().string()},
          server_environment(),
          user_,
          log(),
          {}};
}

bool postgres_cluster::answers() {
  return postgres_answers(layout_.socket_folder() / ".s.PGSQL.5432");
}

std::span<const managed_server::stop_step> postgres_cluster::stop_steps() const noexcept {
  // "Fast" rolls open transactions back and writes a checkpoint; "immediate" leaves the rest to
  // recovery and loses nothing that was committed (PostgreSQL 15 manual, 19.5).
  static constexpr std::array<stop_step, 2> steps{
      {{SIGINT, 60s, "fast shutdown"}, {SIGQUIT, 30s, "immediate shutdown"}}};
  return steps;
}

/// After a SIGKILL of the postmaster its children need a moment to see that it is gone; until then
/// a new one refuses to start.
bool postgres_cluster::passes_by_itself(const std::string& words) const {
  return words.find("shared memory block") != std::string::npos &&
         words.find("is still in use") != std::string::npos;
}

/// Built beside its place and renamed when complete: a first start that is cut short leaves
/// nothing half made.
result<void> postgres_cluster::create() const {
  const auto begin = std::chrono::steady_clock::now();
  auto folder = layout_.cluster();
  folder += ".new";
  std::error_code error;
  fs::remove_all(folder, error);
  if (auto made = ensure_folder(folder, {0700, user_.uid, user_.gid}); !made) return made;
  if (auto done = initialise(folder); !done) return done;
  if (auto done = make_role_and_database(folder); !done) return done;
  if (::rename(folder.c_str(), layout_.cluster().c_str()) != 0) {
    return system_failure("cannot rename", folder);
  }
  log_info("postgresql cluster created", {kv("folder", layout_.cluster().string()),
                                          kv("took", std::chrono::steady_clock::now() - begin)});
  return sync_folder(layout_.root);
}

result<void> postgres_cluster::initialise(const fs::path& folder) const {
  const program initdb{programs_.postgres_bin / "initdb",
                       {"--pgdata=" + folder.string(), "--username=postgres", "--auth=reject",
                        "--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8",
                        "--lc-messages=C", "--data-checksums", "--no-instructions"},
                       server_environment(),
                       user_,
                       log(),
                       {}};
  const auto done = run_to_end(initdb, 5min);
  if (!done) return done.error();
  if (done->clean) return ok();
  return failure{errc::internal,
                 fmt::format("initdb {}; the end of {}:\n{}", done->words, log().string(),
                             tail_of(log(), 1500)),
                 {}};
}

/// In single-user mode: no server that could be reached yet. Passwords stand in standard input
/// only, and `log_min_error_statement` keeps them out of the log.
result<void> postgres_cluster::make_role_and_database(const fs::path& folder) const {
  const program single{programs_.postgres_bin / "postgres",
                       {"--single", "-D", folder.string(), "-c", "exit_on_error=true", "-c",
                        "log_min_error_statement=panic", "postgres"},
                       server_environment(),
                       user_,
                       log(),
                       fmt::format("ALTER ROLE postgres PASSWORD '{}'\n"
                                   "CREATE ROLE taylordash LOGIN PASSWORD '{}'\n"
                                   "CREATE DATABASE taylordash OWNER taylordash\n",
                                   secrets_.database_superuser, secrets_.database)};
  const auto done = run_to_end(single, 5min);
  if (!done) return done.error();
  if (done->clean) return ok();
  return failure{errc::internal,
                 fmt::format("making the database {}; the end of {}:\n{}", done->words,
                             log().string(), tail_of(log(), 1500)),
                 {}};
}

result<void> postgres_cluster::check_version() const {
  auto version = read_text(layout_.cluster() / "PG_VERSION").value_or("");
  while (!version.empty() && version.back() == '\n')
    version.pop_back();
  if (version == major_version) return ok();
  return failure{errc::configuration_invalid,
                 fmt::format("{} holds a cluster of PostgreSQL \"{}\", and this version runs "
                             "PostgreSQL {}: bring it over with pg_upgrade, or give an empty "
                             "--data-dir",
                             layout_.cluster().string(), version, major_version),
                 {}};
}

/// PostgreSQL refuses to start when the pid in postmaster.pid belongs to any process of its user:
/// one that got a pid handed out again, or a dead postmaster that its new parent has not collected
/// (in a container without an init: for ever). Where it provably is no PostgreSQL of this cluster,
/// the pid is made one that nobody has; the rest of the file stays, so that PostgreSQL still makes
/// its own check for survivors on the shared memory.
result<void> postgres_cluster::clear_stale_pid_file() const {
  const auto file = layout_.cluster() / "postmaster.pid";
  const auto text = read_text(file);
  pid_t pid = 0;
  // Whoever made these has gone: no other cluster has its socket in this folder.
  const auto no_socket = [&] {
    for (const auto* name : {".s.PGSQL.5432.lock", ".s.PGSQL.5432"}) {
      ::unlink((layout_.socket_folder() / name).c_str());
    }
    return ok();
  };
  if (!text) return no_socket();
  const auto line_end = std::min(text->find('\n'), text->size());
  std::from_chars(text->data(), text->data() + line_end, pid);
  if (pid <= 0 || (::kill(pid, 0) != 0 && errno == ESRCH)) return no_socket();
  if (is_postmaster_of(pid, layout_.cluster())) {
    return failure{errc::configuration_invalid,
                   fmt::format("a PostgreSQL server that this instance did not start (process {}) "
                               "works in {}: stop it first",
                               pid, layout_.cluster().string()),
                   {}};
  }
  no_socket();
  log_warning("postgresql left a stale pid file", {kv("pid_now_of_another_process", pid)});
  return write_durably(file, fmt::format("{}{}", nobodys_pid, text->substr(line_end)),
                       {0600, user_.uid, user_.gid});
}

}  // namespace td
