#pragma once

#include <memory>

#include "mqtt/publisher.hpp"

namespace td::bench {

/// The product's publisher interface over a plain socket, without libmosquitto, which walks all
/// messages in flight for each acknowledgement and makes several system calls for each message: a
/// generator must not cost more than what it measures. Here a message is bytes in a buffer, and a
/// whole buffer one system call. No TLS (configuration_invalid: use make_publisher); no sessions.
std::unique_ptr<publisher> make_wire_publisher(publisher_options options);

}  // namespace td::bench
