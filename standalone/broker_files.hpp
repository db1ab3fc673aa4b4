#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "standalone/data_directory.hpp"
#include "standalone/ports.hpp"
#include "standalone/tls_identity.hpp"

namespace td {

/// User names at the broker.
inline constexpr const char* service_user = "taylordash";
inline constexpr const char* producer_user = "producer";

/// mosquitto.conf of an instance: durable as docs ask for (nothing is dropped for a slow consumer,
/// a SIGKILL costs at most the last 15 s of backlog), credentials and topic rules on, one plain
/// listener on loopback, one with TLS where asked for.
std::string mosquitto_conf(const data_layout& layout, std::uint16_t port,
                           const std::optional<listen_address>& open_to);

/// The topic rules. The service reads and writes all events and what `doctor` tries the broker
/// with, and reads $SYS; producers write events of the families that are theirs and read nothing.
/// Mosquitto 2.0.11 handles `deny` before what grants, and has no rule for SUBSCRIBE: a producer
/// may subscribe, and gets no message.
std::string mosquitto_acl();

}  // namespace td
