#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <sys/types.h>

#include "mqtt/lane_session.hpp"
#include "pipeline/result.hpp"
#include "standalone/data_directory.hpp"
#include "standalone/ports.hpp"
#include "standalone/postgres_cluster.hpp"
#include "standalone/private_broker.hpp"
#include "standalone/secrets.hpp"
#include "standalone/stop_signal.hpp"

namespace td::bench {

/// A PostgreSQL and a Mosquitto of the bench's own, set up exactly as the product's standalone
/// instance sets them up: fsync on, persistence and autosave on, credentials and ACL on. One
/// thread.
class bench_servers {
 public:
  /// Makes the data directory (or takes one over that a killed bench left behind, servers
  /// included), starts both servers, brings the schema up. configuration_invalid: the directory
  /// can't be used, a program is missing; each detail says how to mend it. stopping.
  static result<std::unique_ptr<bench_servers>> start(const std::filesystem::path& folder);

  /// Stops both servers and removes the data, whatever has happened.
  ~bench_servers();
  bench_servers(const bench_servers&) = delete;
  bench_servers& operator=(const bench_servers&) = delete;

  /// As if nothing had ever happened: an empty broker without sessions, empty tables, and a
  /// checkpoint, so that no run pays for the one before. Producers may come in.
  result<void> make_fresh();

  /// Writes everything to disk now, so that what comes next doesn't pay for what was.
  result<void> checkpoint() const;

  /// Stops both servers and removes the data.
  result<void> stop_and_remove();

  broker_options as_service() const { return broker_.as_service(); }
  broker_options as_producer() const { return broker_.as_producer(); }
  const std::string& group() const noexcept { return secrets_.mqtt_group; }
  std::string database_url() const { return postgres_.url(); }
  pid_t broker_pid() const noexcept { return broker_.pid(); }
  pid_t postgres_pid() const noexcept { return postgres_.pid(); }
  /// Where the broker keeps its database.
  std::filesystem::path broker_folder() const { return directory_.layout().broker(); }
  const std::filesystem::path& folder() const noexcept { return directory_.layout().root; }

 private:
  bench_servers(data_directory directory, instance_secrets secrets, std::uint16_t mqtt_port);
  result<void> stop();
  result<void> as_superuser(std::initializer_list<const char*> statements) const;
  result<void> empty_database() const;
  result<void> empty_broker();

  data_directory directory_;
  instance_secrets secrets_;
  postgres_cluster postgres_;
  private_broker broker_;
  bool removed_{};
};

}  // namespace td::bench
