#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/time.hpp"

namespace td::bench {

/// The event that every bench publishes: 350 bytes of the native envelope. Each field has a fixed
/// place, so that the generator patches instead of formatting, and limit_drain cuts instead of
/// parsing.
namespace event_form {

inline constexpr std::string_view topic = "tracker/events/tasks/updated";
inline constexpr std::string_view text =
    R"({"event_id":"00000000-0000-4000-8000-000000000000",)"
    R"("occurred_at":"2000-01-01T00:00:00.000000Z",)"
    R"("trace_id":"00000000000000000000000000000000",)"
    R"("kind":"task_updated","source":"bench/producer-00","payload":)"
    R"({"task_id":"00000000-0000-4000-8000-000000000000","status":"in_progress",)"
    R"("progress":42,"title":"Check the gauge in room 17","labels":["pump","a1"]}})";

struct field {
  std::size_t offset;
  std::size_t size;

  constexpr std::string_view in(std::string_view body) const noexcept {
    return {body.data() + offset, size};
  }
};

constexpr field after(std::string_view key, std::size_t size) {
  return {text.find(key) + key.size(), size};
}
inline constexpr field event_id = after(R"("event_id":")", 36);
inline constexpr field occurred_at = after(R"("occurred_at":")", 27);
inline constexpr field trace_id = after(R"("trace_id":")", 32);
inline constexpr field kind = after(R"("kind":")", 12);
inline constexpr field source = after(R"("source":")", 17);
inline constexpr field producer = after("bench/producer-", 2);
inline constexpr field task_id = after(R"("task_id":")", 36);
inline constexpr field payload = {after(R"("payload":)", 0).offset,
                                  text.size() - 1 - after(R"("payload":)", 0).offset};

}  // namespace event_form
static_assert(event_form::text.size() == 350);

/// The next of a sequence of random numbers: SplitMix64 (Steele, Lea, Flood: Fast Splittable
/// Pseudorandom Number Generators, 2014).
std::uint64_t split_mix(std::uint64_t& state) noexcept;

/// When an event of an open-loop load was due, for whoever reads it back: the last 16 hex digits
/// of its trace id are microseconds since 1970. (The first 16 stay random, so that the index over
/// trace ids costs what it costs with ids of producers; occurred_at can't tell it, because of
/// events out of order.) 0: the text is no trace id.
timestamp due_in(std::string_view trace_id) noexcept;

/// What the next event is to be.
struct event_wish {
  timestamp occurred_at{};
  std::optional<timestamp> due{};  ///< written into the trace id; absent: a random one
  bool invalid{};                  ///< its task_id is no UUID: the shipped schema refuses it
  std::size_t size{};              ///< which of the writer's sizes
};

/// Writes one producer's events into buffers of its own, one for each size; some 30 ns per event.
/// The sequence of ids follows from seed and producer alone. One thread.
class event_writer {
 public:
  static constexpr unsigned most_producers = 100;

  /// `sizes` of whole bodies in bytes, 350 or more: the payload is filled up with a longer title
  /// or with a list of words, which the shipped schema allows.
  event_writer(std::uint64_t seed, unsigned producer,
               const std::vector<std::size_t>& sizes = {event_form::text.size()});

  /// The next event, with new ids (an invalid one's count in `id_sum` like any other's). The view
  /// lives until the next call.
  std::string_view next(const event_wish& wish);
  std::string_view next(timestamp occurred_at) { return next({.occurred_at = occurred_at}); }
  std::string_view next_invalid(timestamp occurred_at) {
    return next({.occurred_at = occurred_at, .invalid = true});
  }

  /// Sum of the first 32 bits of every event id so far, modulo 2^64. Who holds the same number of
  /// different ids with the same sum holds the same ids, but for a chance of about 1 in 2^32.
  std::uint64_t id_sum() const noexcept { return id_sum_; }

 private:
  std::uint64_t random() noexcept { return split_mix(state_); }
  void write_time(timestamp t);

  std::vector<std::string> bodies_;
  std::array<char, event_form::occurred_at.size> time_{};  ///< as text, of `second_`
  std::uint64_t state_;
  std::uint64_t id_sum_{};
  std::chrono::sys_seconds second_{std::chrono::sys_seconds::min()};
};

}  // namespace td::bench
