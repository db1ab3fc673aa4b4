#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"
#include "pipeline/snapshot.hpp"

namespace td {

/// Whether unacknowledged work moves, and if not, who holds it: each lane says what it has taken
/// and settled, each actor that works on a batch says so. Batches are named by their origin; what
/// is said of one that its lane no longer waits for is ignored. Any thread; a call is a lookup
/// under a mutex, a few per batch.
class progress_board {
 public:
  using clock = std::chrono::steady_clock;

  // -- lanes say ---
  /// Took a turn of its loop. A lane that waits for a verdict takes none.
  void turned(std::int32_t lane, clock::time_point at);
  /// Read a batch: from now on it owes the broker an acknowledgement.
  void took(const origin& from, std::uint64_t events, clock::time_point at);
  /// Acknowledged everything it had: it owes nothing.
  void settled(std::int32_t lane, clock::time_point at);
  /// Let go of so many events unacknowledged. It owes them: the broker will send them again.
  void gave_back(std::int32_t lane, std::uint64_t events, const failure& why, clock::time_point at);
  /// Connected: what it owes may come again from now on.
  void connected(std::int32_t lane);
  /// Read and found nothing. After `quiet_enough` of that on one connection it owes nothing:
  /// nothing came again.
  void quiet(std::int32_t lane, clock::time_point at);
  void remove(std::int32_t lane);

  // -- whoever works on a batch says ---
  /// `holder` ("mirror 0"; empty between two actors) does this ("writes it"), and may have to wait
  /// for this dependency (empty: none).
  void works(const origin& on, std::string_view holder, std::string_view doing,
             std::string_view dependency, clock::time_point at);

  // -- the watch asks ---
  /// The whole process stood still for so long: nobody is to blame for that time.
  void forgive(clock::duration frozen);

  /// Lanes that owe for longer than `limit` and have settled nothing since, and lanes that should
  /// have taken a turn and have not; by slot. `since` is given in wall-clock time.
  std::vector<stall_status> stalled(std::chrono::milliseconds limit, clock::time_point at) const;

  /// For how long each lane has owed; 0 for those that owe nothing.
  std::map<std::int32_t, std::chrono::milliseconds> owing(clock::time_point at) const;

  /// Whether the lane is there and has acknowledged something since.
  bool settled_since(std::int32_t lane, clock::time_point since) const;

  static constexpr std::chrono::seconds quiet_enough{5};

 private:
  struct lane_progress {
    bool out{};                       ///< waits for a verdict
    bool owes{};                      ///< from `took` until `settled`
    clock::time_point owes_since{};   ///< the oldest unacknowledged batch was read
    clock::time_point turned_at{};    ///< or took its batch
    clock::time_point quiet_since{};  ///< epoch: was not quiet when last seen
    clock::time_point settled_at{};
    origin batch{};
    std::uint64_t events{};
    std::uint64_t given_back{};  ///< times, since it owes
    std::string holder{};
    std::string doing{};
    std::string dependency{};
    std::string reason{};
    clock::time_point holder_since{};
  };

  static stall_status describe(std::int32_t lane, const lane_progress& p, clock::time_point at,
                               clock::time_point since);

  mutable std::mutex mutex_;
  std::map<std::int32_t, lane_progress> lanes_;
};

/// "lane 3: 4,000 events unacknowledged for 31 s: mirror 0 writes batch 17 of connection 2 since
/// 30 s; waits for postgresql".
std::string to_text(const stall_status& s);

}  // namespace td
