#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/broker_terms.hpp"
#include "mqtt/lane_session.hpp"

namespace td {

struct probe_options {
  broker_options broker{};
  std::string client_id{};
  bool keep_session{};  ///< clean start off and `session_expiry`, or clean start and none
  std::uint16_t receive_maximum{65535};
  std::uint16_t send_maximum{200};
  std::uint32_t session_expiry{60};  ///< seconds, with `keep_session`; 0xFFFFFFFF: never
  std::function<bool()> give_up{};   ///< asked in every wait; may be empty
  std::chrono::steady_clock::time_point deadline{std::chrono::steady_clock::time_point::max()};
};

/// A visitor that finds out how a broker behaves: one connection, MQTT 5, one thread. Every wait
/// ends within the connect time-out (counted anew while bytes of ours still go out), soon after the
/// deadline (broker_away), and soon after `give_up` says so (stopping; name resolution and `leave`
/// do not ask). broker_away: the connection is gone, with the broker's reason; broker_refused: it
/// did not let us in.
class probe_session {
 public:
  struct message {
    std::string topic{};
    std::string body{};
  };

  virtual ~probe_session() = default;

  /// Returns "session present".
  virtual result<bool> connect() = 0;

  /// What CONNACK said.
  virtual const broker_terms& terms() const noexcept = 0;

  /// Returns the reason code of SUBACK: the granted QoS, or >= 0x80 (MQTT 5.0, 3.9.3). With
  /// `retained` the broker sends what it retains.
  virtual result<std::uint8_t> subscribe(const std::string& filter, bool retained = false) = 0;

  /// Publishes `count` messages of QoS 1 and awaits every PUBACK; `acknowledged` is how many said
  /// that the broker took them (also 0x10, no subscriber), `refused` how many did not, with
  /// the last such reason. A body that is larger than the broker lets us send: body_too_large.
  struct published {
    std::size_t acknowledged{};
    std::size_t refused{};
    std::uint8_t reason{};
  };
  virtual result<published> publish(const std::string& topic, std::string_view body,
                                    std::size_t count = 1) = 0;

  /// Whether the broker would take a message of this topic, without giving it one: a PUBLISH of QoS
  /// 2 whose PUBREC is read and whose PUBREL is never sent, so that nobody gets it. Only for
  /// brokers that deliver at PUBREL, as Mosquitto does. The connection is cut afterwards.
  virtual result<bool> may_publish(const std::string& topic) = 0;

  /// Reads without acknowledging, until `most` messages are there or none has come for `quiet`.
  /// Returns what came since the last call, also during other calls.
  virtual result<std::vector<message>> receive(std::size_t most,
                                               std::chrono::milliseconds quiet) = 0;

  /// Acknowledges everything that was read and waits for a round trip behind it: what the broker
  /// sent before its answer has then been read.
  virtual result<void> settle() = 0;

  /// Leaves; `end_session`: the broker forgets the session and what is queued in it.
  virtual result<void> leave(bool end_session) = 0;

  virtual void drop() noexcept = 0;
};

std::unique_ptr<probe_session> make_probe_session(probe_options options);

}  // namespace td
