#include "actors/lane_plan.hpp"

#include <algorithm>

namespace td {

void lane_planner::note_orphans(const std::vector<lane_store::listed>& slots,
                                clock::time_point now) {
  std::map<std::int32_t, clock::time_point> still;
  for (const auto& s : slots) {
    if (s.leased) continue;
    const auto known = orphaned_.find(s.slot.slot);
    still[s.slot.slot] = known == orphaned_.end() ? now : known->second;
  }
  orphaned_ = std::move(still);
}

std::vector<lane_step> lane_planner::plan(const std::vector<lane_store::listed>& slots,
                                          clock::time_point now) {
  note_orphans(slots, now);
  const auto ours = [this](const auto& s) {
    return !s.slot.retiring && s.slot.ordered == wish_.ordered;
  };
  std::vector<std::int32_t> kept, free, foreign;
  for (const auto& s : slots) {
    if (!ours(s)) {
      if (!s.leased) foreign.push_back(s.slot.slot);
    } else if (s.leased_here) {
      kept.push_back(s.slot.slot);
    } else if (!s.leased) {
      free.push_back(s.slot.slot);
    }
  }
  const bool taken_elsewhere = std::any_of(slots.begin(), slots.end(), [&](const auto& s) {
    return ours(s) && s.leased && !s.leased_here;
  });
  std::size_t want = wish_.lanes;
  if (wish_.ordered) want = taken_elsewhere ? 0 : 1;
  expected_ = want;

  std::vector<lane_step> steps;
  auto next_free = free.begin();
  for (auto have = kept.size(); have < want; ++have) {
    if (next_free != free.end()) {
      steps.push_back({lane_step::kind::take, *next_free++});
    } else {
      steps.push_back({lane_step::kind::create, -1});
    }
  }
  for (; next_free != free.end(); ++next_free) {
    if (now - orphaned_[*next_free] >= wish_.orphan_after)
      steps.push_back({lane_step::kind::drain, *next_free});
  }
  for (const auto slot : foreign)
    steps.push_back({lane_step::kind::drain, slot});
  for (auto excess = kept.size(); excess > want; --excess)
    steps.push_back({lane_step::kind::retire, kept[excess - 1]});
  return steps;
}

}  // namespace td
