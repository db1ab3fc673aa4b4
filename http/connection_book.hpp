#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace td {

class wire;

/// Who is connected, and who of them keeps us waiting for bytes, so that one connection too many
/// takes the place of whoever has done so for longest. Any thread.
class connection_book {
  struct seat {
    std::shared_ptr<wire> who;
    std::optional<std::list<std::list<seat>::iterator>::iterator> waiting{};
    bool dropped{};
  };

 public:
  using place = std::list<seat>::iterator;

  place enter(std::shared_ptr<wire> who);
  void leave(place p);

  /// From now on it keeps us waiting.
  void waits(place p);
  /// It does not any more. False: it has been dropped meanwhile, and will be cut.
  bool goes_on(place p);

  /// Cuts whoever has kept us waiting for longest; false when nobody does.
  bool drop_longest_waiting();

  std::size_t open() const;  ///< without those that are dropped
  std::vector<std::shared_ptr<wire>> all() const;
  /// Waits until everybody has left; false when the time is over.
  bool wait_empty(std::chrono::milliseconds at_most) const;
  /// Lets go of whoever is left: once their threads have ended, before their io contexts do.
  void forget();

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable left_;
  std::list<seat> seats_;
  std::list<place> waiting_;  ///< longest first
  std::size_t dropped_{};
};

}  // namespace td
