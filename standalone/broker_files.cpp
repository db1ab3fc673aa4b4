#include "standalone/broker_files.hpp"

#include <fmt/format.h>

namespace td {

std::string mosquitto_conf(const data_layout& layout, std::uint16_t port,
                           const std::optional<listen_address>& open_to) {
  auto text = fmt::format(R"(# Written by TaylorDash at every start.

# -- who may come in ---
per_listener_settings false
allow_anonymous false
password_file {etc}/mosquitto.passwd
acl_file {etc}/mosquitto.acl

# -- nothing is dropped for a consumer that is slow or away ---
# As good as no bound. Not 0, which says the same: with it Mosquitto 2.0.11 ends the connection of
# a producer after each message that it refuses.
# Not set on purpose: max_queued_bytes and memory_limit drop silently; message_size_limit
# acknowledges what it discards.
max_queued_messages 1000000000
max_inflight_messages 0
max_packet_size 16777216

# -- the backlog is on disk, at most 15 s old ---
persistence true
persistence_location {broker}/
persistence_file mosquitto.db
autosave_interval 15
autosave_on_changes false

# -- latency, and a log that speaks of the unusual ---
set_tcp_nodelay true
sys_interval 10
connection_messages false
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
log_type error
log_type warning
log_type notice

# -- on this machine only, not encrypted ---
listener {port} 127.0.0.1
)",
                          fmt::arg("etc", layout.etc().string()),
                          fmt::arg("broker", layout.broker().string()), fmt::arg("port", port));
  if (!open_to) return text;
  const auto files = tls_files::in(layout.tls());
  text += fmt::format(R"(
# -- open to devices, TLS 1.2 and up ---
listener {port} {address}
tls_version tlsv1.2
certfile {certificate}
keyfile {key}
)",
                      fmt::arg("port", open_to->port), fmt::arg("address", open_to->address),
                      fmt::arg("certificate", files.certificate.string()),
                      fmt::arg("key", files.key.string()));
  return text;
}

std::string mosquitto_acl() {
  return fmt::format(R"(# Written by TaylorDash at every start.
user {}
topic readwrite tracker/events/#
topic readwrite taylordash/doctor/#
topic read $SYS/#

user {}
topic deny tracker/events/auth/#
topic deny tracker/events/plugins/#
topic write tracker/events/#
)",
                     service_user, producer_user);
}

}  // namespace td
