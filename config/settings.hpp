#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace td {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Everything that can be set, typed. Keys of the TOML file are the member names, tables the
/// struct names: `[mqtt] host = "..."`. Defaults, units, ranges and reasons: config/defaults.hpp.
struct settings {
  struct mqtt {
    std::string host{"127.0.0.1"};
    std::uint16_t port{1883};
    std::string username{};
    std::string password{};       ///< secret
    std::string password_file{};  ///< read at start; wins over nothing, excludes `password`
    bool tls{false};
    std::string ca_file{};           ///< PEM; empty with tls: the system's store
    std::string certificate_file{};  ///< PEM, client certificate; needs key_file
    std::string key_file{};          ///< PEM
    seconds keepalive{60};
    milliseconds connect_timeout{5000};
    std::string group{"taylordash"};  ///< $share/<group>/<filter>
    std::string filter{"tracker/events/#"};
  } mqtt;

  struct database {
    std::string url{};           ///< libpq URI or key=value string; may hold a password: secret
    std::string url_file{};      ///< file that holds the URL, excludes `url`
    std::size_t connections{2};  ///< MIRROR actors, one connection each
    milliseconds connect_timeout{5000};
    milliseconds statement_timeout{30000};
  } database;

  struct ingest {
    std::size_t lanes{2};  ///< lanes this node wants to own
    bool ordered{false};   ///< one lane for the whole deployment, broker order kept
    std::size_t batch_events{4000};
    std::size_t batch_bytes{4u << 20};
    std::uint16_t receive_maximum{8000};  ///< MQTT window of a lane, messages
    milliseconds verdict_timeout{20000};  ///< then the batch is given back
    std::size_t validators{2};
  } ingest;

  struct events {
    std::vector<std::string> families{"projects", "components", "tasks", "auth", "plugins"};
    std::size_t max_topic_bytes{512};
    std::size_t max_body_bytes{1u << 20};
    std::size_t max_depth{64};
    std::size_t max_string_bytes{256u << 10};
    std::size_t max_source_bytes{200};
    seconds allowed_skew{300};
  } events;

  struct retention {
    hours events{24 * 30};  ///< whole days; older partitions are dropped
    hours dead_letters{24 * 90};
    std::size_t days_ahead{3};  ///< partitions made in advance
  } retention;

  struct http {
    std::string listen{"127.0.0.1"};
    std::uint16_t port{8080};  ///< 0: any free port, logged at start
  } http;

  struct log {
    std::string level{"info"};   ///< debug, info, warning, error
    std::string format{"auto"};  ///< text, json, auto (text on a terminal)
  } log;

  struct shutdown {
    milliseconds grace{5000};  ///< for the whole ordered stop; then the watchdog ends the process
  } shutdown;
};

}  // namespace td
