#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "mqtt/lane_session.hpp"
#include "standalone/broker_files.hpp"
#include "standalone/data_directory.hpp"
#include "standalone/managed_server.hpp"
#include "standalone/programs.hpp"
#include "standalone/secrets.hpp"

namespace td {

/// A Mosquitto of our own on loopback, and with TLS where asked for. It has a gate: as long as it
/// is closed only the service's credentials are valid. Every process begins with a closed one,
/// because Mosquitto 2.0 does not keep shared subscriptions over a restart: what it accepted before
/// the lanes have subscribed again would be dropped (and to a producer that speaks MQTT 3.1.1 it
/// could not even say so).
class private_broker final : public managed_server {
 public:
  private_broker(const data_directory& directory, const instance_secrets& secrets,
                 const server_programs& programs, std::uint16_t port,
                 std::optional<listen_address> open_to);

  /// Saves the sessions that exist now to disk, then lets producers in; returns when the broker
  /// does. Idempotent. broker_away, timed_out. Any thread.
  /// Every lane has connected to this process before: Mosquitto 2.0.11 gives nothing new to a
  /// session that came from disk, when the passwords are read again before its client was there
  /// (what it holds already stays; tried out).
  result<void> open_gate();

  /// Whether every lane has connected after this time.
  using lanes_back = std::function<bool(std::chrono::steady_clock::time_point since)>;

  /// From now on the gate of a process that the supervisor started opens by itself, once `back`
  /// says so; it is asked in the supervisor's thread. Empty: it stays closed. When this returns,
  /// the former function is not called any more.
  void open_gate_when(lanes_back back);

  void brought_back(int cancel_fd) override;

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
  std::mutex asking_;  // guards lanes_back_, also while it is called
  lanes_back lanes_back_;
};

}  // namespace td
