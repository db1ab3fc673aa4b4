#pragma once

#include <string>

#include "standalone/data_directory.hpp"
#include "standalone/managed_server.hpp"
#include "standalone/programs.hpp"
#include "standalone/secrets.hpp"

namespace td {

/// A PostgreSQL 15 cluster of our own: UTF-8 with byte order (collation C), data checksums,
/// scram passwords, a Unix socket in the data directory and no TCP at all. Role `taylordash` owns
/// database `taylordash` and is no superuser.
class postgres_cluster final : public managed_server {
 public:
  postgres_cluster(const data_directory& directory, const instance_secrets& secrets,
                   const server_programs& programs);

  /// libpq URL of the service's role, password included: a secret.
  std::string url() const;

 private:
  bool configuration_is_current() const override;
  result<void> prepare() override;
  program command() const override;
  bool answers() override;
  std::span<const stop_step> stop_steps() const noexcept override;
  bool passes_by_itself(const std::string& words) const override;

  result<void> create() const;
  result<void> initialise(const std::filesystem::path& folder) const;
  result<void> make_role_and_database(const std::filesystem::path& folder) const;
  result<void> check_version() const;
  result<void> clear_stale_pid_file() const;
  std::string configuration() const;

  data_layout layout_;
  os_user user_;
  instance_secrets secrets_;
  server_programs programs_;
};

/// postgresql.conf of a cluster whose socket lies in `socket_folder`; ends with the inclusion of
/// `local`, the user's own file.
std::string postgresql_conf(const std::filesystem::path& socket_folder,
                            const std::filesystem::path& local);

/// Whether a server on this socket takes connections of clients: speaks the first message of the
/// protocol (PostgreSQL 15 manual, 55.2.1) and sees a request for authentication come back.
/// Anything else, also "the database system is starting up", is false. Blocks for at most 2 s.
bool postgres_answers(const std::filesystem::path& socket);

}  // namespace td
