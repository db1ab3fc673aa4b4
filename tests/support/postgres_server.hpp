#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "tests/support/process.hpp"

namespace td::test {

/// A private PostgreSQL cluster in a directory of its own, on a Unix socket (and, if wanted, on
/// the loopback interface), run as user postgres when we are root. In memory (/dev/shm) where there
/// is room, unless durable. Ends with the object, or with this process. One thread at a time.
/// Throws std::runtime_error when something cannot be done.
class postgres_server {
 public:
  struct options {
    bool tcp{};                           ///< also listen on 127.0.0.1, free port
    bool durable{};                       ///< fsync on; off, commits survive only processes
    std::vector<std::string> settings{};  ///< more "name=value"
  };

  postgres_server();
  explicit postgres_server(options o);  ///< initdb and start
  ~postgres_server();

  /// One server for a whole test program, started at the first call. Leave it running.
  static postgres_server& shared();

  std::string url(const std::string& database = "postgres") const;
  std::string tcp_url(const std::string& database = "postgres") const;
  std::uint16_t tcp_port() const noexcept { return port_; }

  /// A new database, empty or a copy of another that nobody uses; returns its name.
  std::string create_database(const std::string& copy_of = "template1");
  void drop_database(const std::string& name);  ///< ends its sessions

  /// Runs SQL as superuser and returns the first value of the last statement, "" when none.
  std::string query(const std::string& sql, const std::string& database = "postgres");

  void start();  ///< returns when it accepts connections
  void stop();   ///< fast shutdown: sessions end, a checkpoint is written
  void kill();   ///< SIGKILL to the postmaster; returns when all its children are gone
  bool running() const noexcept { return process_ != nullptr; }

  /// SIGKILL to one backend: the postmaster ends all others and recovers. Returns when it accepts
  /// connections again.
  void kill_backend(pid_t pid);

  std::string log() const;  ///< since the last start

 private:
  std::vector<std::string> as_user(std::vector<std::string> command) const;

  struct directory {
    explicit directory(bool durable);
    ~directory();
    std::filesystem::path path;
  };

  options options_;
  directory directory_;
  std::string binaries_;
  std::uint16_t port_{5432};
  unsigned databases_{};
  std::unique_ptr<child_process> process_;
};

}  // namespace td::test
