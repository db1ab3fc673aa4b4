#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/limits/burst.hpp"
#include "mqtt/lane_session.hpp"
#include "mqtt/wire_connection.hpp"
#include "pipeline/time.hpp"

namespace td::bench {

/// A bare connection of the service's own kind (`wire_connection`): reads bursts, keeps the PUBACKs
/// back until `acknowledge`. What the limits are made of; it dies of the first thing that goes
/// wrong. One thread.
class bare_lane final : private wire_connection::receiver {
 public:
  bare_lane(const lane_options& what, burst_handler on_message);

  /// Connects and subscribes. What comes ahead of SUBACK belongs to the first burst; if it comes
  /// with CONNACK, SUBSCRIBE goes out with its acknowledgement. Like all that follow: false, and
  /// `error` says why.
  bool open();

  /// Reads until nothing more is there or the handler says so; waits a moment first when there is
  /// nothing (`idle`).
  bool read_burst(bool idle);

  /// All PUBACKs so far, in one piece.
  bool acknowledge();

  /// Keeps the connection alive; after an empty burst.
  bool keep_alive();

  /// Says goodbye; the session stays.
  void leave();

  const std::string& error() const noexcept { return error_; }

 private:
  bool on_message(const wire::publish& m, timestamp at) override;
  void on_subscribed(std::uint16_t, std::uint8_t code) override;

  bool subscribe();
  bool flush();
  bool fail(std::string_view why);

  lane_options options_;
  burst_handler handler_;
  wire_connection connection_;
  bool asked_{};       ///< SUBSCRIBE is on its way
  bool subscribed_{};  ///< SUBACK came
  bool full_{};
  std::string error_;
};

}  // namespace td::bench
