#include "tests/support/postgres_server.hpp"

#include <csignal>
#include <pwd.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

namespace td::test {

namespace {

using namespace std::chrono_literals;

constexpr const char* ready = "database system is ready to accept connections";
constexpr const char* account = "postgres";

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  throw std::runtime_error("postgres_server: " + what + ": " + why);
}

/// The newest of Debian's server versions.
std::string find_binaries() {
  std::string best;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const auto folder = version.path() / "bin";
    if (!std::filesystem::exists(folder / "postgres")) continue;
    if (best.empty() || std::stoi(version.path().filename()) >
                            std::stoi(std::filesystem::path{best}.parent_path().filename())) {
      best = folder;
    }
  }
  if (best.empty()) fail("no server", "package postgresql is not installed");
  return best;
}

}  // namespace

postgres_server::postgres_server() : postgres_server(options{}) {}

postgres_server::directory::directory(bool durable) {
  // Some disks take seconds to delete a cluster's thousands of files.
  const std::filesystem::path memory = "/dev/shm";
  std::error_code none;
  const auto room = std::filesystem::space(memory, none);
  const bool in_memory = !durable && !none && room.available > (2ull << 30);
  auto name =
      ((in_memory ? memory : std::filesystem::temp_directory_path()) / "td-pg-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) fail("mkdtemp", name);
  path = name;
}

postgres_server::directory::~directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

postgres_server::postgres_server(options o)
    : options_{std::move(o)}, directory_{options_.durable}, binaries_{find_binaries()} {
  if (geteuid() == 0) {
    const auto* user = getpwnam(account);
    if (user == nullptr) fail("no user", account);
    if (chown(directory_.path.c_str(), user->pw_uid, user->pw_gid) != 0)
      fail("chown", directory_.path);
  }
  if (options_.tcp) port_ = free_port();
  child_process initdb{
      as_user({binaries_ + "/initdb", "-D", (directory_.path / "data").string(), "-U", account,
               "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"})};
  if (!initdb.await_output("Success.", 1, 60s)) fail("initdb", initdb.output());
  start();
}

postgres_server::~postgres_server() {
  if (!process_) return;
  process_->end(SIGQUIT);  // immediate shutdown: nothing of it is needed again
}

postgres_server& postgres_server::shared() {
  static postgres_server server;
  return server;
}

std::vector<std::string> postgres_server::as_user(std::vector<std::string> command) const {
  // setpriv replaces itself: the pid stays. Changing the user clears the parent-death signal.
  std::vector<std::string> words{"setpriv", "--pdeathsig", "QUIT"};
  if (geteuid() == 0) {
    const auto name = std::string{account};
    words.insert(words.end(), {"--reuid", name, "--regid", name, "--init-groups"});
  }
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

std::string postgres_server::url(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + directory_.path.string() +
         "&port=" + std::to_string(port_) + "&user=" + account;
}

std::string postgres_server::tcp_url(const std::string& database) const {
  return "postgresql://" + std::string{account} + "@127.0.0.1:" + std::to_string(port_) + "/" +
         database;
}

std::string postgres_server::create_database(const std::string& copy_of) {
  const auto name = "test_" + std::to_string(++databases_);
  query("CREATE DATABASE " + name + " TEMPLATE " + copy_of);
  return name;
}

void postgres_server::drop_database(const std::string& name) {
  query("DROP DATABASE " + name + " WITH (FORCE)");
}

std::string postgres_server::query(const std::string& sql, const std::string& database) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> conn{PQconnectdb(url(database).c_str()),
                                                          PQfinish};
  const std::unique_ptr<PGresult, decltype(&PQclear)> r{PQexec(conn.get(), sql.c_str()), PQclear};
  const auto status = PQresultStatus(r.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    fail(sql, PQerrorMessage(conn.get()));
  if (PQntuples(r.get()) == 0 || PQnfields(r.get()) == 0) return {};
  return PQgetvalue(r.get(), 0, 0);
}

void postgres_server::start() {
  if (process_) return;
  std::vector<std::string> command{binaries_ + "/postgres", "-D",
                                   (directory_.path / "data").string()};
  std::vector<std::string> settings{
      "unix_socket_directories=" + directory_.path.string(),
      "port=" + std::to_string(port_),
      "listen_addresses=" + std::string{options_.tcp ? "127.0.0.1" : ""},
      "max_connections=60",
      "max_wal_size=256MB",
      "log_min_messages=warning",
      "log_line_prefix="};
  if (!options_.durable) {
    settings.insert(settings.end(), {"fsync=off", "full_page_writes=off"});
  }
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (const auto& s : settings)
    command.insert(command.end(), {"-c", s});
  process_ = std::make_unique<child_process>(as_user(std::move(command)));
  if (!process_->await_output(ready, 1, 60s)) fail("start", process_->output());
}

void postgres_server::stop() {
  if (!process_) return;
  process_->end(SIGINT);
  process_.reset();  // waits until the last child has closed its output
}

void postgres_server::kill() {
  if (!process_) return;
  process_->end(SIGKILL);
  process_.reset();
}

void postgres_server::kill_backend(pid_t pid) {
  const auto before = process_->lines_with(ready);
  ::kill(pid, SIGKILL);
  if (!process_->await_output(ready, before + 1, 60s)) fail("recovery", process_->output());
}

std::string postgres_server::log() const {
  return process_ ? process_->output() : std::string{};
}

}  // namespace td::test
