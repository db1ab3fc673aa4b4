#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <mosquitto.h>

#include "bench/limits/burst.hpp"
#include "mqtt/lane_session.hpp"
#include "pipeline/time.hpp"

namespace td::bench {

/// What `bare_lane` does, over libmosquitto: what a bare loop over the usual library reaches. One
/// thread.
class mosquitto_lane {
 public:
  mosquitto_lane(lane_options what, burst_handler on_message);
  ~mosquitto_lane();
  mosquitto_lane(const mosquitto_lane&) = delete;
  mosquitto_lane& operator=(const mosquitto_lane&) = delete;

  /// Connects and subscribes. Like all that follow: false, and `error` says why.
  bool open();

  /// Waits a moment for something to read (when `idle`), then reads until nothing more is there or
  /// the handler says so.
  bool read_burst(bool idle);

  /// All PUBACKs so far. The library writes packet by packet: corked, they are sent together.
  bool acknowledge();

  /// Keeps the connection alive; after an empty burst.
  bool keep_alive();

  /// Says goodbye; the session stays.
  void leave();

  const std::string& error() const noexcept { return error_; }

 private:
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

  lane_options options_;
  burst_handler handler_;
  mosquitto* client_{};
  int connected_{-1};
  int subscribed_{-1};
  std::uint64_t messages_{};
  timestamp burst_at_{};
  bool full_{};
  std::string error_;
};

}  // namespace td::bench
