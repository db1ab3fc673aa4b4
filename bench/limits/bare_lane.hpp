#pragma once

#include <cstdint>
#include <functional>
#include <poll.h>
#include <string>
#include <string_view>

#include <mosquitto.h>

#include "mqtt/lane_session.hpp"
#include "pipeline/time.hpp"

namespace td::bench {

/// A bare libmosquitto connection: reads bursts, keeps the PUBACKs back until `acknowledge`. What
/// the limits are made of; it dies of the first thing that goes wrong. One thread.
class bare_lane {
 public:
  struct options {
    broker_options broker{};
    std::string client_id{};
    std::string subscription{};
    std::uint16_t receive_maximum{8000};
  };
  /// Body and topic of a message. False: it can't be used, the lane fails.
  using handler = std::function<bool(std::string_view, std::string_view)>;

  bare_lane(options what, handler on_message);
  ~bare_lane();
  bare_lane(const bare_lane&) = delete;
  bare_lane& operator=(const bare_lane&) = delete;

  /// Connects and subscribes. Like all that follow: false, and `error` says why.
  bool open();

  /// Waits a moment for something to read (when `idle`), then reads until nothing more is there or
  /// `full` says so.
  template <class Full>
  bool read_burst(bool idle, Full full) {
    if (idle && !readable(wake_up_ms)) return true;
    burst_at_ = now();
    while (!full()) {
      const auto before = messages_;
      if (!read_one()) return false;
      if (messages_ == before && !readable(0)) break;
    }
    return true;
  }

  /// All PUBACKs so far. The library writes packet by packet: corked, they are sent together.
  bool acknowledge();

  /// Keeps the connection alive; after an empty burst.
  bool keep_alive();

  /// Says goodbye; the session stays.
  void leave();

  timestamp burst_at() const noexcept { return burst_at_; }
  const std::string& error() const noexcept { return error_; }

 private:
  static constexpr int wake_up_ms = 100;  // how soon an idle lane sees that it is to stop

  static void on_message(mosquitto*, void* self, const mosquitto_message* m,
                         const mosquitto_property*);
  static void on_subscribed(mosquitto*, void* self, int, int, const int* code,
                            const mosquitto_property*);
  static void on_connected(mosquitto*, void* self, int code, int, const mosquitto_property*);

  bool await(const int& code);
  bool read_one();
  bool readable(int within_ms) const;
  bool write_all();
  bool fail(std::string_view why);

  options options_;
  handler handler_;
  mosquitto* client_{};
  int connected_{-1};
  int subscribed_{-1};
  std::uint64_t messages_{};
  timestamp burst_at_{};
  std::string error_;
};

}  // namespace td::bench
