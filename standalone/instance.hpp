#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "pipeline/result.hpp"
#include "standalone/data_directory.hpp"
#include "standalone/ports.hpp"
#include "standalone/postgres_cluster.hpp"
#include "standalone/private_broker.hpp"
#include "standalone/programs.hpp"
#include "standalone/secrets.hpp"
#include "standalone/supervisor.hpp"

namespace td {

struct standalone_options {
  std::filesystem::path data_dir{};
  wanted_ports ports{};
  std::string http_listen{"127.0.0.1"};
  std::optional<listen_address> mqtt_listen{};  ///< also open to devices, with TLS
  server_programs programs{};
};

/// Settings that an instance decides for itself, whatever file and environment say.
inline constexpr std::array<std::string_view, 14> decided_by_standalone{
    "mqtt.host",          "mqtt.port",
    "mqtt.username",      "mqtt.password",
    "mqtt.password_file", "mqtt.tls",
    "mqtt.ca_file",       "mqtt.certificate_file",
    "mqtt.key_file",      "mqtt.group",
    "mqtt.filter",        "database.url",
    "database.url_file",  "identity.secret_file"};

/// An instance of the product with servers of its own, in this order:
///
///   open -> start -> (make the lanes' sessions) -> let_producers_in -> announce -> stop
///
/// Destroyed without `stop`, or killed, it leaves the servers running; the next run adopts them.
/// One thread.
class standalone_instance {
 public:
  /// Opens or makes the data directory and checks all that can be checked before anything runs:
  /// programs, users, paths, ports, TLS address. Errors: those of data_directory, secrets and
  /// ports, all with what to do about them.
  static result<std::unique_ptr<standalone_instance>> open(const standalone_options& options);

  /// Starts or adopts PostgreSQL and the broker and supervises them from now on. stopping:
  /// `cancel_fd` became readable; what has started then still runs: call `stop`.
  result<void> start(int cancel_fd);

  /// Points `s` at this instance's servers: the settings named in `decided_by_standalone` and the
  /// HTTP port. Secrets inside.
  void apply_to(settings& s) const;

  /// Until this, the broker knows only the service; call it when the lanes' sessions exist.
  result<void> let_producers_in();

  /// Lets them in again after each later start of the broker, once `back` says that the lanes are
  /// back. Empty: not any more. When this returns, the former function is not called any more.
  void let_producers_in_when(private_broker::lanes_back back);

  /// Writes run/env, which says that the instance is ready and where.
  result<void> announce() const;

  /// Stops the broker, then PostgreSQL, in order. Idempotent. The first failure, if any.
  result<void> stop();

  const data_layout& layout() const noexcept { return directory_.layout(); }
  const instance_ports& ports() const noexcept { return ports_; }
  const std::optional<listen_address>& mqtt_listen() const noexcept { return mqtt_listen_; }
  const postgres_cluster& postgres() const noexcept { return *postgres_; }
  const private_broker& broker() const noexcept { return *broker_; }
  std::string http_url() const;

 private:
  standalone_instance(data_directory directory, const standalone_options& options)
      : directory_{std::move(directory)},
        http_listen_{options.http_listen},
        mqtt_listen_{options.mqtt_listen} {}

  data_directory directory_;
  std::string http_listen_;
  std::optional<listen_address> mqtt_listen_;
  instance_secrets secrets_;
  instance_ports ports_;
  port_reservation reserved_;
  std::unique_ptr<postgres_cluster> postgres_;
  std::unique_ptr<private_broker> broker_;
  std::unique_ptr<supervisor> supervisor_;
};

/// What `stop_instance` met.
struct stop_report {
  bool service{};                   ///< a running service was asked to stop, and did
  bool servers{};                   ///< servers without a service were stopped
  std::vector<std::string> left{};  ///< purge: foreign names that were left in the directory
};

enum class after_stop { keep_data, purge };

/// Stops whatever of an instance runs: the service with its servers, or servers left over by a
/// killed service; with `purge`, removes its data. Success when nothing runs.
/// configuration_invalid: no data directory of ours; timed_out: it did not stop within `limit`.
result<stop_report> stop_instance(const std::filesystem::path& data_dir, after_stop then,
                                  std::chrono::seconds limit);

/// `value` in single quotes as POSIX shells read them.
std::string shell_quoted(std::string_view value);

}  // namespace td
