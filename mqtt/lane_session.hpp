#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"

namespace td {

/// How to reach a broker. Shared by lanes and publishers.
struct broker_options {
  std::string host{"127.0.0.1"};
  std::uint16_t port{1883};
  std::string username{};
  std::string password{};
  bool tls{false};
  std::string ca_file{};                            ///< PEM; empty with tls: the system's store
  std::string certificate_file{};                   ///< PEM, with key_file; empty: none is shown
  std::string key_file{};                           ///< PEM, not encrypted
  std::chrono::seconds keepalive{60};               ///< 5 or more: a saving broker is silent
  std::chrono::milliseconds connect_timeout{5000};  ///< for every wait for an answer
};

/// What one lane subscribes to, and under which name.
struct lane_options {
  broker_options broker{};
  std::string client_id{};
  std::string subscription{};  ///< "$share/<group>/tracker/events/#" or the bare filter
  std::uint16_t receive_maximum{8000};
  batch_limits limits{};
};

/// Wakes a thread that sits in `lane_session::read`. Any thread; cheap; never blocks.
class waker {
 public:
  virtual ~waker() = default;
  virtual void wake() noexcept = 0;
};

/// One MQTT 5 connection of a lane, half-duplex: a burst is read, reading stops until `acknowledge`
/// has sent every PUBACK of it, then reading goes on. The session (clean start off, expiry
/// 0xFFFFFFFF) outlives connections. One thread.
///
///   connect -> read* -> acknowledge -> read* -> ... -> drop -> connect -> ...
///
/// What is read and not acknowledged when the connection ends is delivered again by the broker.
/// A failure leaves the lane disconnected. Misuse that would acknowledge something uncommitted or
/// delete something undelivered throws std::logic_error instead of doing it.
class lane_session {
 public:
  virtual ~lane_session() = default;

  /// Connects (or connects again), checks CONNACK, subscribes, checks SUBACK. Blocks for at most
  /// the connect time-out, name resolution and TLS included. Messages that the broker sends
  /// meanwhile are kept for the first `read`; if they come before SUBACK, or one begins to come,
  /// SUBACK is checked by the reads that follow. Returns whether the broker still had the session,
  /// at every attempt since the last success. broker_away, broker_refused (bad credentials, not
  /// authorised, subscription refused or granted with another QoS than 1: with the reason).
  virtual result<bool> connect() = 0;

  /// Waits up to `wait` for something to read or a wake-up, then reads until nothing more is
  /// there or the batch is full, appending to `into` (which must be the one empty batch, or the
  /// same batch again). A batch passes its bound in bytes by its last message at most. Keeps the
  /// connection alive while the batch is empty. Returns the number of messages added; 0 is no
  /// failure. broker_away: the connection is gone, `into` is worthless; the detail has the broker's
  /// reason. broker_refused: a subscription that was not yet confirmed was refused.
  virtual result<std::size_t> read(batch& into, std::chrono::milliseconds wait) = 0;

  /// Sends the PUBACK of everything read since the last call, and only returns once the bytes
  /// have left this process, or none could for the connect time-out. The caller holds a verdict for
  /// exactly those messages, and of this connection: a verdict from before the last `connect` must
  /// not come here. Does nothing when nothing was read. broker_away: messages may come again.
  virtual result<void> acknowledge() = 0;

  /// Asks the broker to send no more: then read/acknowledge until `drained`. Only with everything
  /// acknowledged. broker_away.
  virtual result<void> unsubscribe() = 0;

  /// True when a round trip behind the last acknowledgement brought no message: the session holds
  /// nothing more. False: messages came instead, or one begins to come: `read` has them. Only after
  /// `unsubscribe`, with everything acknowledged. Blocks for at most the connect time-out.
  /// broker_away; broker_refused: the subscription was not ended, so more would come.
  virtual result<bool> drained() = 0;

  /// Ends the session at the broker (DISCONNECT with expiry 0) and waits until the broker has
  /// closed. Only when `drained` said so. broker_away: the session may still be there.
  virtual result<void> end_session() = 0;

  /// Leaves politely, waits until the broker has heard everything, and keeps the session. With
  /// something unacknowledged it is a `drop`.
  virtual result<void> leave() = 0;

  /// Cuts the connection; nothing that is unacknowledged leaves the process. Safe at any time. The
  /// broker may not have heard the last acknowledgements yet; what they were for comes again.
  virtual void drop() noexcept = 0;

  virtual bool connected() const noexcept = 0;

  /// Wakes `read` from other threads; lives as long as any copy of the pointer.
  virtual std::shared_ptr<waker> get_waker() = 0;
};

/// Never fails but for memory; nothing is sent before `connect`.
std::unique_ptr<lane_session> make_lane_session(lane_options options);

}  // namespace td
