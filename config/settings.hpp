#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/defaults.hpp"

namespace td {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Everything that can be set, typed. Keys of the TOML file are the member names, tables the
/// struct names: `[mqtt] host = "..."`. Default, unit, range and reason of each: defaults.hpp; the
/// table that binds them together: keys.cpp. What comes out of load_config has been checked, and
/// secrets named by `*_file` have been read into the member beside it.
struct settings {
  struct mqtt {
    std::string host{defaults::mqtt::host.value};
    std::uint16_t port{defaults::mqtt::port.value};
    std::string username{defaults::mqtt::username.value};
    std::string password{defaults::mqtt::password.value};  ///< secret; also from password_file
    std::string password_file{defaults::mqtt::password_file.value};
    bool tls{defaults::mqtt::tls.value};
    std::string ca_file{defaults::mqtt::ca_file.value};
    std::string certificate_file{defaults::mqtt::certificate_file.value};
    std::string key_file{defaults::mqtt::key_file.value};
    seconds keepalive{defaults::mqtt::keepalive.value};
    milliseconds connect_timeout{defaults::mqtt::connect_timeout.value};
    std::string group{defaults::mqtt::group.value};
    std::string filter{defaults::mqtt::filter.value};

    bool operator==(const mqtt&) const = default;
  } mqtt;

  struct database {
    std::string url{defaults::database::url.value};  ///< secret; also from url_file
    std::string url_file{defaults::database::url_file.value};
    std::size_t connections{defaults::database::connections.value};  ///< one MIRROR actor each
    milliseconds connect_timeout{defaults::database::connect_timeout.value};
    milliseconds statement_timeout{defaults::database::statement_timeout.value};
    milliseconds start_timeout{defaults::database::start_timeout.value};

    bool operator==(const database&) const = default;
  } database;

  struct ingest {
    std::size_t lanes{defaults::ingest::lanes.value};  ///< that this node wants to own
    bool ordered{defaults::ingest::ordered.value};
    std::size_t batch_events{defaults::ingest::batch_events.value};
    std::size_t batch_bytes{defaults::ingest::batch_bytes.value};
    std::uint16_t receive_maximum{defaults::ingest::receive_maximum.value};
    milliseconds verdict_timeout{defaults::ingest::verdict_timeout.value};
    milliseconds stall_after{defaults::ingest::stall_after.value};
    std::size_t validators{defaults::ingest::validators.value};

    bool operator==(const ingest&) const = default;
  } ingest;

  struct events {
    std::vector<std::string> families{defaults::events::families.list()};
    std::size_t max_topic_bytes{defaults::events::max_topic_bytes.value};
    std::size_t max_body_bytes{defaults::events::max_body_bytes.value};
    std::size_t max_depth{defaults::events::max_depth.value};
    std::size_t max_string_bytes{defaults::events::max_string_bytes.value};
    std::size_t max_source_bytes{defaults::events::max_source_bytes.value};
    seconds allowed_skew{defaults::events::allowed_skew.value};

    bool operator==(const events&) const = default;
  } events;

  struct schemas {
    std::string unknown_kinds{defaults::schemas::unknown_kinds.value};  ///< open, strict

    bool operator==(const schemas&) const = default;
  } schemas;

  struct retention {
    hours events{defaults::retention::events.value};  ///< whole days
    hours dead_letters{defaults::retention::dead_letters.value};
    std::size_t days_ahead{defaults::retention::days_ahead.value};

    bool operator==(const retention&) const = default;
  } retention;

  struct outbox {
    std::size_t window{defaults::outbox::window.value};
    milliseconds confirm_within{defaults::outbox::confirm_within.value};
    hours keep{defaults::outbox::keep.value};

    bool operator==(const outbox&) const = default;
  } outbox;
  struct identity {
    std::string secret_file{defaults::identity::secret_file.value};  ///< empty: sign-in is off
    seconds access_lifetime{defaults::identity::access_lifetime.value};
    hours session_idle{defaults::identity::session_idle.value};
    hours session_lifetime{defaults::identity::session_lifetime.value};
    std::size_t hash_workers{defaults::identity::hash_workers.value};
    std::size_t hash_queue{defaults::identity::hash_queue.value};

    bool operator==(const identity&) const = default;
  } identity;

  struct http {
    std::string listen{defaults::http::listen.value};
    std::uint16_t port{defaults::http::port.value};  ///< 0: any free port, logged at start
    std::size_t threads{defaults::http::threads.value};
    std::vector<std::string> hosts{defaults::http::hosts.list()};
    std::vector<std::string> cors_origins{defaults::http::cors_origins.list()};
    std::string tls_certificate{defaults::http::tls_certificate.value};
    std::string tls_key{defaults::http::tls_key.value};
    std::size_t connections{defaults::http::connections.value};
    std::size_t reads_per_second{defaults::http::reads_per_second.value};
    std::size_t writes_per_second{defaults::http::writes_per_second.value};
    std::size_t database_connections{defaults::http::database_connections.value};
    std::size_t database_queue{defaults::http::database_queue.value};
    milliseconds database_timeout{defaults::http::database_timeout.value};

    bool operator==(const http&) const = default;
  } http;

  struct log {
    std::string level{defaults::log::level.value};    ///< debug, info, warning, error
    std::string format{defaults::log::format.value};  ///< text, json, auto (text on a terminal)

    bool operator==(const log&) const = default;
  } log;

  struct shutdown {
    milliseconds grace{defaults::shutdown::grace.value};

    bool operator==(const shutdown&) const = default;
  } shutdown;

  bool operator==(const settings&) const = default;
};

}  // namespace td
