#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/event_form.hpp"
#include "bench/load/generator.hpp"
#include "bench/load/schedule.hpp"
#include "mqtt/publisher.hpp"

namespace td::bench {

/// One connection's share of a load. Made in one thread, run in its own, read after that.
class producer {
 public:
  using steady = std::chrono::steady_clock;

  /// When the load begins, on both clocks.
  struct beginning {
    steady::time_point at{};
    timestamp time{};
  };

  /// `whole`: of an open loop; null: window-closed.
  producer(const load& what, unsigned number, std::shared_ptr<const timetable> whole);

  result<void> connect() { return publisher_->connect(); }

  /// Until everything is acknowledged. broker_away, broker_refused; stopping: the report is cut.
  result<void> run(std::stop_token stop, const beginning& begin);

  /// This producer's part of the report.
  const load_report& report() const noexcept { return report_; }

 private:
  enum class event_class : std::uint8_t { plain, invalid, duplicate, out_of_order };

  void cut();
  void note(std::uint64_t due_ns, std::uint8_t reason) noexcept;
  std::string_view make(std::optional<timestamp> due);
  result<bool> publish(std::chrono::nanoseconds due);
  result<void> hand_over();
  void note_lateness(std::chrono::nanoseconds due, std::chrono::nanoseconds at);
  result<std::chrono::nanoseconds> publish_window();
  result<std::chrono::nanoseconds> publish_due();

  std::uint64_t share_;
  event_mix mix_;
  dealer classes_;
  dealer sizes_;
  event_writer writer_;
  std::uint64_t random_;  ///< of the mix; ids do not depend on it
  std::unique_ptr<publisher> publisher_;
  std::optional<schedule> schedule_;
  beginning begin_{};
  steady::time_point last_round_{};

  std::uint64_t sent_{};
  std::uint64_t acknowledged_{};
  std::uint64_t refused_{};
  std::string_view next_;                         ///< written, and the window had no room for it
  std::vector<std::chrono::nanoseconds> queued_;  ///< due times of what the socket has not got yet
  bool no_room_{};                                ///< window or socket was full a round ago
  std::chrono::nanoseconds no_room_until_{-1};    ///< since the beginning, when it was last seen so
  std::vector<std::string> earlier_;              ///< events to repeat; only for duplicates
  load_report report_{};
};

}  // namespace td::bench
