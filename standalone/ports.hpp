#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.hpp"
#include "standalone/files.hpp"

namespace td {

/// The TCP ports of an instance, all on 127.0.0.1. Chosen once and kept, because producers and
/// bookmarks know them.
struct instance_ports {
  std::uint16_t http{};
  std::uint16_t mqtt{};

  bool operator==(const instance_ports&) const = default;
};

/// What the user asked for; absent or 0: keep the one on file, or choose.
struct wanted_ports {
  std::optional<std::uint16_t> http{};
  std::optional<std::uint16_t> mqtt{};
};

/// Ports that were chosen a moment ago and are not listened on yet. While it lives, other instances
/// that choose leave them alone; whoever sets SO_REUSEADDR (every server does) can listen.
using port_reservation = std::vector<unique_fd>;

/// The ports on file, changed as `wanted` says, and written back. New ones are 8080 and 1883 where
/// they are free, else random ones below the range that outgoing connections use, so that none of
/// those sits on it at the next start. configuration_invalid: both the same; internal: none free.
result<instance_ports> choose_ports(const std::filesystem::path& file, const wanted_ports& wanted,
                                    port_reservation& reserved);

/// Whether a server could listen there now. configuration_invalid: another program does (or the
/// address is not one of this machine, or the port needs root); `what` and `option` name it in the
/// detail.
result<void> check_listenable(const std::string& address, std::uint16_t port, std::string_view what,
                              std::string_view option);

/// Where the broker is open to the world.
struct listen_address {
  std::string address;
  std::uint16_t port{8883};  ///< IANA's secure-mqtt

  bool operator==(const listen_address&) const = default;
};

/// "10.0.0.5", "0.0.0.0:8883", "[::]:8883". configuration_invalid for anything else: an address in
/// numbers and a port of 1..65535.
result<listen_address> parse_listen_address(std::string_view text);

}  // namespace td
