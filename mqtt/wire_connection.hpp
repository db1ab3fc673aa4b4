#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mqtt/broker_terms.hpp"
#include "mqtt/lane_session.hpp"
#include "mqtt/packet_reader.hpp"
#include "mqtt/resolve.hpp"
#include "mqtt/tls_context.hpp"
#include "mqtt/wire_packets.hpp"
#include "mqtt/wire_stream.hpp"
#include "pipeline/time.hpp"

namespace td {

/// What a connection is opened with, beside the broker's address.
struct connect_terms {
  std::string client_id{};
  bool keep_session{};               ///< clean start off and `session_expiry`, or clean and 0
  std::uint16_t receive_maximum{1};  ///< messages the broker may have in flight to us
  std::uint32_t session_expiry{0xFFFFFFFF};  ///< seconds; 0xFFFFFFFF: never
  /// Asked while `open` waits for the broker: true ends the wait as its time-out would. May be
  /// empty; name resolution does not ask.
  std::function<bool()> give_up{};
  /// Who is asked for the host's addresses; tests have answers of their own.
  std::function<result<std::vector<std::string>>(const std::string& host,
                                                 std::chrono::steady_clock::time_point deadline)>
      addresses_of{&resolve};
};

/// One MQTT 5 connection over a socket of ours. Internal to mqtt/: lanes, publishers and probes are
/// built on it. One thread. Opening starts with nothing: what was queued, read or owed on an
/// earlier connection is gone, and TLS files are read anew.
///
/// A PUBACK is written down when its message is handed out, and apart from what may be sent: only
/// `committed` brings the two together. And one rule above it: **nothing is written while a message
/// is uncommitted**; what writes goes through `flush`, which throws std::logic_error before it
/// would break the rule. Past it goes one packet only: the DISCONNECT that tells a peer how it
/// broke the standard, which stands alone, behind nothing, and is the last (`broke_the_standard`).
class wire_connection {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  /// What comes in. Called from inside `open` and `read_some`; must not touch the connection. What
  /// it throws closes the connection and comes out of there.
  class receiver {
   public:
    virtual ~receiver() = default;
    /// Views are valid during the call; `at` is when its bytes were read. False: hand out no more
    /// for now.
    virtual bool on_message(const wire::publish& m, timestamp at) = 0;
    virtual void on_subscribed(std::uint16_t, std::uint8_t) {}
    virtual void on_unsubscribed(std::uint16_t, std::uint8_t) {}
    /// PUBACK, or the PUBREC that refuses; the packet id is free again.
    virtual void on_published(std::uint16_t, std::uint8_t) {}
    /// The PUBREC that takes a message of QoS 2. It goes no further.
    virtual void on_received(std::uint16_t) {}
  };

  wire_connection(broker_options broker, connect_terms terms, receiver& to);
  wire_connection(const wire_connection&) = delete;
  wire_connection& operator=(const wire_connection&) = delete;

  /// Resolves, connects, shakes hands (TLS), sends CONNECT and reads until CONNACK, trying each
  /// address of the host; all of it within the connect time-out. Returns "session present".
  /// Messages that came with CONNACK are handed out in the same call.
  result<bool> open();

  /// Hands out what is buffered, and when that is nothing reads once and hands out what came, up to
  /// the receiver's "no more" or the first SUBACK or UNSUBACK. False: nothing was there.
  /// broker_away: the connection is gone, with the reason that the broker gave, if any.
  result<bool> read_some();

  /// Waits until there may be something to read, or room to write where `for_write`, or `wake_fd`
  /// (-1: none) is readable. True when it was for the connection. Meant for when `read_some` said
  /// that nothing was there.
  bool wait(milliseconds wait, int wake_fd = -1, bool for_write = false) const noexcept {
    return stream_.wait(wait, wake_fd, for_write);
  }

  /// Writes all that is queued, and gives up once the socket has taken nothing for `patience`; with
  /// zero it writes what the socket takes at once. Throws std::logic_error while a message is
  /// uncommitted. broker_away.
  result<void> flush(milliseconds patience);
  bool want_write() const noexcept { return written_ < out_.size(); }

  /// Sends PINGREQ when it is due, notices a missing PINGRESP. Only with nothing uncommitted, and
  /// when what was there to read has been read.
  result<void> keep_alive(milliseconds patience);
  /// Sends PINGREQ where nothing was written for so long that one is due, and judges nothing: for
  /// who reads without end and has nothing else to say. Only with nothing uncommitted.
  result<void> stay_alive(milliseconds patience);
  /// How often `keep_alive` wants to be called.
  milliseconds keep_alive_interval() const noexcept;

  /// When bytes came last.
  clock::time_point heard_at() const noexcept { return heard_at_; }
  /// When the broker's system last confirmed bytes of ours, as far as seen by calls of this; the
  /// connection's begin where it never did. Costs a system call.
  clock::time_point taken_at() noexcept;
  /// A message is at the front of what was read, whole or in part.
  bool message_coming() const noexcept {
    return reader_.front_type() == wire::packet_type::publish;
  }

  // -- queueing; nothing is sent before `flush`. Packet ids are dealt round ---
  /// Retained messages come where `retained`. broker_refused: no topic filter.
  result<std::uint16_t> queue_subscribe(std::string_view filter, bool retained = false);
  std::uint16_t queue_unsubscribe(std::string_view filter);
  /// topic_not_allowed, body_too_large, broker_refused (it takes no such QoS, or retains nothing):
  /// nothing was queued, the connection stays. The caller keeps to `broker_window`.
  result<std::uint16_t> queue_publish(std::string_view topic, std::string_view body, bool retain,
                                      std::uint8_t qos = 1);

  /// Sends DISCONNECT (with `end_session`: expiry 0) and waits up to `patience` until the broker
  /// has closed its side, which tells that it read everything. Closed in any case.
  result<void> disconnect(bool end_session, milliseconds patience);

  /// Cuts the connection; what is queued is never sent. Any time.
  void close() noexcept;

  bool is_open() const noexcept { return stream_.is_open(); }

  /// Messages handed out on this connection since the last `committed`.
  std::size_t uncommitted() const noexcept { return uncommitted_; }
  /// What was handed out may be acknowledged: the next `flush` does.
  void committed();

  /// The broker's Receive Maximum: how many unacknowledged messages it takes from us.
  std::uint16_t broker_window() const noexcept { return terms_of_broker().receive_maximum; }
  /// What CONNACK said.
  const broker_terms& terms_of_broker() const noexcept { return connack_.terms; }

 private:
  /// What a packet id of ours is in use for.
  enum class question : std::uint8_t { none, subscribe, unsubscribe, publish, publish_twice };

  result<bool> open_at(const std::string& address, clock::time_point until);
  result<bool> await_connack(clock::time_point until);
  void queue_connect();

  result<bool> hand_out();
  bool deliver(const wire::publish& m);
  result<void> take(const wire::packet& p);
  result<void> take_connack(const wire::packet& p);
  result<void> take_codes(const wire::packet& p);
  result<void> take_acknowledgement(const wire::packet& p);
  result<void> answered(std::uint16_t packet_id, question what);
  std::uint16_t new_packet_id(question what);

  result<void> write_queue();
  bool ping_due(clock::time_point at) const noexcept;
  void queue_ping(clock::time_point at);
  failure away(std::string_view what) const;
  failure refused() const;
  failure disconnected(const wire::packet& p);
  failure gone(std::string_view what);
  failure write_failed(std::string_view what);
  failure broke_the_standard(const wire::fault& f);

  broker_options broker_;
  connect_terms terms_;
  receiver& receiver_;
  std::unique_ptr<tls_context> tls_{};
  wire_stream stream_;
  wire::packet_reader reader_;
  std::string out_;        ///< may be sent
  std::size_t written_{};  ///< of `out_`
  std::uint64_t sent_{};   ///< bytes that the socket took, ever
  std::uint64_t taken_{};  ///< of those, confirmed by the broker's system
  clock::time_point taken_at_{};
  std::string owed_;  ///< PUBACKs of what is uncommitted
  std::size_t uncommitted_{};
  bool has_connack_{};
  wire::connack connack_{};
  std::vector<question> asked_;  ///< by packet id
  std::uint16_t packet_id_{};    ///< the last one dealt
  timestamp read_at_{};          ///< when the buffered bytes came
  std::chrono::seconds keepalive_{};
  clock::time_point written_at_{};
  clock::time_point heard_at_{};
  std::optional<clock::time_point> pinged_at_{};  ///< PINGRESP is awaited since
  std::uint64_t ping_ends_{};                     ///< and the PINGREQ ends with this byte of ours
};

}  // namespace td
