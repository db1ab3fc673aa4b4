#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "actors/database_gate.hpp"
#include "pipeline/metrics.hpp"

namespace td {

/// What waits at the gate, and how each READER is. Plain: READERs take from it, whoever they are.
/// Any thread. Replies and wake-up calls are made outside its lock.
class gate_queue final : public database_gate {
 public:
  using clock = std::chrono::steady_clock;

  /// Refuses beyond `most` waiting jobs.
  gate_queue(std::size_t readers, std::size_t most, metrics& meters);

  void submit(job work, reply then, std::chrono::milliseconds timeout) override;
  bool up() const override;
  std::size_t waiting() const override;

  /// Refuses everything from now on, what waits included: stopping.
  void close();

  // -- for READER number `reader` ---

  /// It is there; `wake` (any thread) tells it to take. It counts as up until it says otherwise.
  void attach(std::size_t reader, std::function<void()> wake);
  /// It has ended: nobody wakes it any more.
  void detach(std::size_t reader);

  struct taken {
    job work;
    reply then;
    clock::time_point since;  ///< when it was submitted
  };
  /// The next job whose time is not over (jobs whose time is, are answered timed_out). Absent:
  /// nothing waits; the reader will be woken.
  std::optional<taken> take(std::size_t reader, clock::time_point now);

  void report_up(std::size_t reader);
  /// It has no connection and is not woken until it has. The others are woken, to look after
  /// theirs. When it was the last one, what waits is answered with `why`.
  void report_down(std::size_t reader, const failure& why);

 private:
  enum class state : std::uint8_t { starting, up, down };
  struct reader_seat {
    state is{state::starting};
    bool idle{};
    std::function<void()> wake{};
  };
  struct entry {
    taken what;
    clock::time_point until;
  };

  bool any_up() const;
  std::function<void()> wake_one();
  std::vector<entry> empty_out();
  void refuse_all(std::vector<entry> refused, const failure& why, gate_outcome outcome);

  const std::size_t most_;
  metrics& meters_;
  mutable std::mutex mutex_;
  std::vector<reader_seat> readers_;
  std::deque<entry> queue_;
  failure away_{errc::database_away, "not connected yet", {}};
  bool closed_{};
};

}  // namespace td
