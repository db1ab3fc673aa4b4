#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mqtt/lane_session.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"

namespace td::test {

/// How a test broker is set up, beside the durable settings that every one has.
struct broker_setup {
  std::vector<std::pair<std::string, std::string>> users{};  ///< name, password; none: anonymous
  std::string acl{};                                         ///< content of the ACL file
  const certificates* tls{};           ///< a second listener with TLS, which outlives the broker
  bool client_certificates{};          ///< the TLS listener demands them
  std::vector<std::string> further{};  ///< further lines of the configuration
};

/// A Mosquitto of its own on free loopback ports, in a directory of its own, with the settings
/// that DESIGN section 4 asks of a durable broker. Throws when it does not come up.
class broker {
 public:
  explicit broker(broker_setup setup = {});

  std::uint16_t port() const noexcept { return port_; }
  std::uint16_t tls_port() const noexcept { return tls_port_; }
  /// How to reach it in the clear; short time-outs.
  broker_options options() const;
  /// How to reach its TLS listener, CA and (where demanded) client certificate included.
  broker_options tls_options() const;

  /// The same ports and data again, after `stop` or `kill`.
  void start();
  void stop();  ///< SIGTERM: saves its state
  void kill();  ///< SIGKILL: what was not saved is lost
  void save();  ///< SIGUSR1, and waits until it is on disk

  /// Where it keeps its database.
  const std::filesystem::path& folder() const noexcept { return dir_.path(); }

  child_process& process() { return *process_; }
  std::string log() const { return process_ ? process_->output() : std::string{}; }

 private:
  std::string configuration() const;

  temp_dir dir_{"td-broker"};
  broker_setup setup_;
  std::uint16_t port_{free_port()};
  std::uint16_t tls_port_{};
  std::unique_ptr<child_process> process_;
};

}  // namespace td::test
