#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "storage/stores.hpp"

namespace td {

/// What this node is set to.
struct lane_wish {
  std::size_t lanes{};  ///< slots this node wants to own
  bool ordered{};       ///< one plain subscription for the whole deployment
  /// An orphan of our own mode is drained once it has had no owner for this long: its node may be
  /// restarting. (DESIGN section 4: adopted within 10 s.)
  std::chrono::milliseconds orphan_after{3000};
};

/// One step towards the wish.
struct lane_step {
  enum class kind : std::uint8_t {
    take,    ///< lease this free slot and run it
    drain,   ///< lease this free slot and drain it
    create,  ///< make a new slot and run it
    retire,  ///< drain a slot that is ours
  };
  kind what{};
  std::int32_t slot{-1};

  bool operator==(const lane_step&) const = default;
};

/// Decides, from what the table of slots says, what this node should do about its lanes. Plain
/// logic; remembers only since when each slot has been without an owner.
class lane_planner {
 public:
  using clock = std::chrono::steady_clock;

  explicit lane_planner(lane_wish wish) : wish_{wish} {}

  /// The steps to take now. `slots` as `lane_store::list` gives them.
  std::vector<lane_step> plan(const std::vector<lane_store::listed>& slots, clock::time_point now);

  /// How many slots this node should own once the steps are done (draining ones not counted).
  std::size_t expected() const noexcept { return expected_; }

 private:
  void note_orphans(const std::vector<lane_store::listed>& slots, clock::time_point now);

  lane_wish wish_;
  std::size_t expected_{};
  std::map<std::int32_t, clock::time_point> orphaned_;
};

}  // namespace td
