#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/snapshot.hpp"

namespace td {

/// Names of the two servers that the pipeline leans on, as health routes and metrics show them.
inline constexpr std::string_view dependency_database = "postgresql";
inline constexpr std::string_view dependency_broker = "mqtt";

/// Where the parts of the service say how they are, and where health routes, metrics and `status`
/// read it. Any thread; short critical sections, no call blocks on anything else.
class status_board {
 public:
  /// A source (one lane, one mirror) reports a dependency as it saw it last. The dependency as a
  /// whole is up while no source sees it down, or while one has seen it up since the last that saw
  /// it down: an idle source's old good news does not outweigh fresh bad news.
  void report(std::string_view dependency, std::string_view source, bool ok,
              std::string_view reason, std::chrono::microseconds latency = {});

  /// Forgets what a source said: it has ended, or no longer uses the dependency.
  void forget(std::string_view dependency, std::string_view source);

  /// False from the first report that says so until the first that says otherwise; true before.
  bool up(std::string_view dependency) const;

  /// Keeps `since` when the state is the same (reading and waiting count as one).
  void set(lane_status lane);
  void remove_lane(std::int32_t slot);

  void set(actor_status actor);
  void remove_actor(std::string_view name);

  /// What does not move, as the progress watch sees it. Not ready while there is any.
  void set_stalls(std::vector<stall_status> stalls);
  std::vector<stall_status> stalls() const;

  /// What the doctor found; takes the place of what it found before.
  void set(std::vector<finding> findings);
  std::vector<finding> findings() const;

  /// How many lanes this node should own at the moment; unknown until it has looked.
  void expect_lanes(std::size_t lanes);

  /// Both dependencies are up, every lane this node should own reads (or waits for a verdict), and
  /// nothing is stalled.
  bool ready() const;

  /// Blocks until `ready()` or the time has passed; returns `ready()`.
  bool wait_ready(std::chrono::milliseconds timeout) const;

  std::vector<dependency_status> dependencies() const;
  std::vector<lane_status> lanes() const;    ///< by slot
  std::vector<actor_status> actors() const;  ///< by name

 private:
  struct source_report {
    bool ok{};
    std::string reason;
    std::uint64_t order{};  ///< of the report, over all sources
  };
  struct dependency {
    bool ok{true};
    timestamp since{};
    std::string reason;
    std::chrono::microseconds latency{};
    std::map<std::string, source_report, std::less<>> sources;
    std::uint64_t reports{};
    void settle();
  };

  bool ready_locked() const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<std::size_t> expected_lanes_;
  std::map<std::string, dependency, std::less<>> dependencies_;
  std::map<std::int32_t, lane_status> lanes_;
  std::map<std::string, actor_status, std::less<>> actors_;
  std::vector<stall_status> stalls_;
  std::vector<finding> findings_;
};

}  // namespace td
