#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "mqtt/lane_session.hpp"
#include "standalone/broker_files.hpp"
#include "standalone/data_directory.hpp"
#include "standalone/managed_server.hpp"
#include "standalone/programs.hpp"
#include "standalone/secrets.hpp"

namespace td {

/// A Mosquitto of our own on loopback, and with TLS where asked for. It has a gate: as long as it
/// is closed only the service's credentials are valid, so that the lanes' sessions can be made
/// before the first event is accepted. The first process begins with a closed gate; once
/// `open_gate` has succeeded, later processes begin with an open one: the sessions are on disk.
class private_broker final : public managed_server {
 public:
  private_broker(const data_directory& directory, const instance_secrets& secrets,
                 const server_programs& programs, std::uint16_t port,
                 std::optional<listen_address> open_to);

  /// Saves the sessions that exist now to disk, then lets producers in; returns when the broker
  /// does. Idempotent. broker_away, timed_out. Not while `start` runs in another thread.
  result<void> open_gate();

  /// How the service and how a producer connect (plain, loopback). Secrets.
  broker_options as_service() const;
  broker_options as_producer() const;

 private:
  bool configuration_is_current() const override;
  result<void> prepare() override;
  program command() const override;
  bool answers() override;
  std::span<const stop_step> stop_steps() const noexcept override;
  bool passes_by_itself(const std::string& words) const override;

  result<void> write_passwords(bool with_producer) const;
  result<void> save_backlog();

  data_layout layout_;
  os_user user_;
  instance_secrets secrets_;
  server_programs programs_;
  std::uint16_t port_;
  std::optional<listen_address> open_to_;
  std::atomic<bool> opened_{false};
};

}  // namespace td
