#include "http/rate_limit.hpp"

#include <algorithm>

namespace td {

rate_rule per_second(std::size_t rate) {
  if (rate == 0) return {};
  return {std::max<std::size_t>(rate, 1),
          std::chrono::nanoseconds{std::chrono::seconds{1}} / static_cast<std::int64_t>(rate)};
}

rate_limiter::buckets::iterator rate_limiter::place_of(std::string_view key,
                                                       clock::time_point now) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    order_.splice(order_.end(), order_, found->second);
    return found->second;
  }
  // Who is full again is as good as unknown.
  while (!order_.empty() && (order_.front().arrival <= now || order_.size() >= most_)) {
    by_key_.erase(order_.front().key);
    order_.pop_front();
  }
  order_.push_back({std::string{key}, now});
  const auto place = std::prev(order_.end());
  by_key_[place->key] = place;
  return place;
}

rate_verdict rate_limiter::ask(std::string_view key, const rate_rule& rule, clock::time_point now) {
  if (rule.burst == 0) return {};
  using std::chrono::nanoseconds;
  const auto capacity = rule.every * static_cast<std::int64_t>(rule.burst);
  const std::lock_guard lock{mutex_};
  auto& b = *place_of(key, now);
  const auto start = std::max(b.arrival, now);
  const auto next = start + rule.every;
  rate_verdict v;
  v.limit = rule.burst;
  if (next - now > capacity) {
    v.allowed = false;
    v.retry_after = next - now - capacity;
    v.reset = start - now;
    return v;
  }
  b.arrival = next;
  v.reset = next - now;
  v.remaining = static_cast<std::size_t>((capacity - v.reset) / rule.every);
  return v;
}

std::size_t rate_limiter::keys() const {
  const std::lock_guard lock{mutex_};
  return order_.size();
}

}  // namespace td
