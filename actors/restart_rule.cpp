#include "actors/restart_rule.hpp"

#include <algorithm>

namespace td {

std::optional<std::chrono::milliseconds> restart_history::on_end(clock::time_point now) {
  while (!ends_.empty() && now - ends_.front() > rule_.window)
    ends_.pop_front();
  if (ends_.size() >= rule_.budget) return std::nullopt;
  const auto doublings = std::min<std::size_t>(ends_.size(), 20);
  ends_.push_back(now);
  ++restarts_;
  return std::min(rule_.cap, rule_.base * (1 << doublings));
}

}  // namespace td
