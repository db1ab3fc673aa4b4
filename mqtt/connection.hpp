#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "mqtt/broker_terms.hpp"
#include "mqtt/lane_session.hpp"
#include "mqtt/tls_context.hpp"

struct mosquitto;
struct mosquitto_message;
struct mqtt5__property;

namespace td {

/// What is left until a deadline, rounded up; never negative.
inline std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point until) {
  const auto left = until - std::chrono::steady_clock::now();
  return std::max(std::chrono::milliseconds{0}, std::chrono::ceil<std::chrono::milliseconds>(left));
}

/// What a connection is opened with, beside the broker's address.
struct connect_terms {
  std::string client_id{};
  bool keep_session{};               ///< clean start off and `session_expiry`, or clean and 0
  std::uint16_t receive_maximum{1};  ///< messages the broker may have in flight to us
  std::uint16_t send_maximum{1};     ///< messages we may have in flight to the broker
  std::uint32_t session_expiry{0xFFFFFFFF};  ///< seconds; 0xFFFFFFFF: never
  /// Asked while `open` waits for the broker: true ends the wait as its time-out would. May be
  /// empty; name resolution does not ask.
  std::function<bool()> give_up{};
};

/// One libmosquitto instance, made for one connection and thrown away with it: nothing queued for
/// an old connection can reach a new one, and TLS files are read anew. Internal to mqtt/: lanes
/// and publishers are built on it. One thread.
///
/// libmosquitto queues a PUBACK before it hands out the message. With `threaded_set(true)` and a
/// loop of our own the queue reaches the socket only in `flush`, so everything hangs on one rule:
/// **nothing is flushed while a message is uncommitted**, and `flush` is the only function that
/// writes (it throws std::logic_error before it would break the rule).
class connection {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  /// What comes in. Called from inside `read_some`; must not touch the connection.
  class receiver {
   public:
    virtual ~receiver() = default;
    /// False: read no further for now, as far as the library lets itself be stopped.
    virtual bool on_message(std::string_view topic, std::string_view body, bool retained,
                            bool redelivered) = 0;
    virtual void on_subscribed(int packet, std::span<const int> codes) = 0;
    virtual void on_unsubscribed(int packet) = 0;
    virtual void on_published(int packet, std::uint8_t reason) = 0;
  };

  connection(broker_options broker, connect_terms terms, receiver& to);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Resolves, connects, shakes hands (TLS), sends CONNECT and reads until CONNACK, trying each
  /// address of the host; all of it within the connect time-out. Returns "session present".
  /// Under TLS messages may arrive behind CONNACK in the same call.
  result<bool> open();

  /// Reads what one `mosquitto_loop_read` takes: one packet, under TLS perhaps many.
  /// broker_away: the connection is gone, with the reason that the broker gave, if any.
  result<void> read_some();

  /// True when bytes wait in the socket or, decrypted, in the TLS layer.
  bool readable() const noexcept;

  /// Waits until there is something to read, or room to write where `for_write`, or `wake_fd`
  /// (-1: none) is readable. True when it was for the socket.
  bool wait(milliseconds wait, int wake_fd = -1, bool for_write = false) const noexcept;

  /// Writes all that is queued, for at most `patience`; with zero what the socket takes at once.
  /// **The only function that writes.** Throws std::logic_error while a message is uncommitted.
  result<void> flush(milliseconds patience);
  bool want_write() const noexcept;

  /// Sends PINGREQ when it is due, notices a missing PINGRESP. Only with nothing uncommitted.
  result<void> keep_alive(milliseconds patience);
  /// How often `keep_alive` wants to be called.
  milliseconds keep_alive_interval() const noexcept;

  // -- queueing; nothing is sent before `flush` ---
  /// Retained messages come where `retained`.
  result<int> queue_subscribe(const std::string& filter, bool retained = false);
  result<int> queue_unsubscribe(const std::string& filter);
  result<int> queue_publish(const std::string& topic, std::string_view body, bool retain,
                            int qos = 1);

  /// Sends DISCONNECT (with `end_session`: expiry 0) and waits up to `patience` until the broker
  /// has closed its side, which tells that it read everything. Closed in any case.
  result<void> disconnect(bool end_session, milliseconds patience);

  /// Cuts the connection; what is queued is never sent. Any time.
  void close() noexcept;

  bool is_open() const noexcept { return client_ != nullptr; }

  /// Messages handed out on this connection since the last `committed`.
  std::size_t uncommitted() const noexcept { return uncommitted_; }
  void committed() noexcept { queued_ += std::exchange(uncommitted_, 0); }
  /// The broker's Receive Maximum: how many unacknowledged messages it takes from us.
  std::uint16_t broker_window() const noexcept { return broker_terms_.receive_maximum; }
  /// What CONNACK said.
  const broker_terms& terms_of_broker() const noexcept { return broker_terms_; }

 private:
  friend struct library_hooks;

  result<bool> open_at(const std::string& address, clock::time_point until);
  result<void> make_client();
  result<void> start(const std::string& address);
  result<void> finish_tcp(clock::time_point until);
  result<void> finish_tls(clock::time_point until);
  result<bool> await_connack(clock::time_point until);
  bool poll_until(clock::time_point until, short events) const noexcept;
  bool socket_gone() const noexcept;
  failure refused(int reason) const;
  failure gone(int code, int error_number);
  failure away(std::string_view what) const;

  broker_options broker_;
  connect_terms terms_;
  receiver& receiver_;
  std::unique_ptr<tls_context> tls_{};
  mosquitto* client_{};
  std::size_t uncommitted_{};
  std::size_t queued_{};  ///< packets that the next `flush` may write, roughly
  broker_terms broker_terms_{};
  std::chrono::seconds keepalive_{};
  std::optional<int> connack_{};
  bool session_present_{};
  std::string reason_text_{};     ///< Reason String of CONNACK
  int disconnect_reason_{-1};     ///< of the broker's DISCONNECT
  std::string library_error_{};   ///< the library's last error line while connecting
  bool disconnecting_{};          ///< our own DISCONNECT is queued
  bool watches_redelivery_{};     ///< the log callback is on
  bool redelivered_{};            ///< what it said about the message about to be handed out
  std::exception_ptr escaped_{};  ///< thrown by the receiver below the library
};

}  // namespace td
