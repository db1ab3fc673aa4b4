#include "schema/shadow_book.hpp"

#include <algorithm>

#include "pipeline/json_text.hpp"

namespace td {

void shadow_tally::passed() {
  const std::lock_guard lock{mutex_};
  ++checked_;
}

void shadow_tally::failed(const violation& why, const uuid& event_id, timestamp occurred_at) {
  place at{pointer_pattern(why.pointer), why.keyword};
  const std::lock_guard lock{mutex_};
  ++checked_;
  ++failed_;
  if (groups_.size() >= most_groups && !groups_.contains(at)) at = {"", "other"};
  auto& group = groups_[at];
  ++group.failed;
  if (group.samples.size() < most_samples)
    group.samples.push_back({event_id, occurred_at, why.pointer, why.sentence});
}

shadow_counts shadow_tally::take() {
  shadow_counts out;
  std::map<place, shadow_failures> groups;
  {
    const std::lock_guard lock{mutex_};
    out.checked = std::exchange(checked_, 0);
    out.failed = std::exchange(failed_, 0);
    groups.swap(groups_);
  }
  for (auto& [at, group] : groups) {
    group.pointer = at.first;
    group.keyword = at.second;
    out.failures.push_back(std::move(group));
  }
  std::ranges::stable_sort(out.failures, std::ranges::greater{}, &shadow_failures::failed);
  return out;
}

std::shared_ptr<shadow_tally> shadow_book::tally_of(std::string_view kind, std::int32_t version) {
  const std::lock_guard lock{mutex_};
  auto& tally = tallies_[{std::string{kind}, version}];
  if (!tally) tally = std::make_shared<shadow_tally>();
  return tally;
}

std::vector<shadow_counts> shadow_book::take() {
  const std::lock_guard lock{mutex_};
  std::vector<shadow_counts> all;
  for (auto it = tallies_.begin(); it != tallies_.end();) {
    const bool held = it->second.use_count() > 1;  // asked first: what is added later is kept
    auto counts = it->second->take();
    if (counts.checked > 0) {
      counts.kind = it->first.first;
      counts.version = it->first.second;
      all.push_back(std::move(counts));
    }
    it = held ? std::next(it) : tallies_.erase(it);
  }
  return all;
}

}  // namespace td
