#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mqtt/lane_session.hpp"

namespace td {

/// Publishes over a connection of its own: the demo's, the verifier's and the load generator's
/// producers, and the outbox. QoS 1, MQTT 5. Many messages in flight; one thread drives it.
class publisher {
 public:
  virtual ~publisher() = default;

  /// Called from `poll` with the token of a message whose PUBACK came; `reason` is 0, or 16 where
  /// nobody subscribes, or >= 128: the broker refused it (not authorised, quota).
  using on_acknowledged = std::function<void(std::uint64_t token, std::uint8_t reason)>;

  /// Blocks for at most the connect time-out. broker_away, broker_refused. Messages in flight on
  /// an earlier connection are forgotten: the caller holds and resends them.
  virtual result<void> connect() = 0;

  /// Queues a message. False when the in-flight window is full: poll first. `token` comes back.
  /// retain as MQTT has it. broker_away: connect again. topic_not_allowed (wildcards, empty, not
  /// UTF-8), body_too_large (for the broker), broker_refused (it takes no QoS 1, or retains
  /// nothing, and says so to every connection): the message is not queued, the connection stays.
  virtual result<bool> publish(std::string_view topic, std::string_view body, std::uint64_t token,
                               bool retain = false) = 0;

  /// Moves bytes for up to `wait` (0: what can be done at once) and calls back; returns with the
  /// first acknowledgements. The callback may publish and close. Call it at least every few
  /// seconds, or the keepalive dies. broker_away: the broker's reason is in the detail.
  virtual result<void> poll(std::chrono::milliseconds wait) = 0;

  virtual std::size_t in_flight() const noexcept = 0;
  /// True when the system's socket has everything that was published; `poll` brings that about.
  virtual bool flushed() const noexcept = 0;
  virtual bool connected() const noexcept = 0;
  virtual void close() noexcept = 0;
};

struct publisher_options {
  broker_options broker{};
  std::string client_id{};
  /// Unacknowledged messages, at most 32767 and at most what the broker takes.
  std::size_t window{300};
  publisher::on_acknowledged acknowledged{};
  /// Asked while `connect` waits for the broker: true ends the wait as its time-out would.
  std::function<bool()> give_up{};
};

std::unique_ptr<publisher> make_publisher(publisher_options options);

}  // namespace td
