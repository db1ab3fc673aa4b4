#include "bench/load/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace td::bench {

namespace {

/// Up to the next whole number, but for what rounding has added.
std::uint64_t whole_events(double events) noexcept {
  const double nearest = std::round(events);
  const double slack = 1e-9 * std::max(1.0, nearest);
  return static_cast<std::uint64_t>(std::abs(events - nearest) <= slack ? nearest
                                                                        : std::ceil(events));
}

}  // namespace

timetable::timetable(const load_profile& profile) {
  double begin = 0;
  double count = 0;
  for (const auto& p : profile.pieces) {
    const double length = std::chrono::duration<double>(p.during).count();
    if (length <= 0) continue;
    stretches_.push_back({count, begin, p.from, (p.to - p.from) / length, begin + length});
    begin += length;
    count += (p.from + p.to) / 2 * length;
  }
  base_events_ = events_ = whole_events(count);
  if (!profile.bursts || profile.bursts->events == 0 || profile.bursts->every.count() <= 0) return;
  burst_events_ = profile.bursts->events;
  const auto every = profile.bursts->every;
  burst_every_ = std::chrono::duration<double>(every).count();
  const auto duration = profile.duration();
  for (std::int64_t i = 1; i * every < duration; ++i) {
    const double at = static_cast<double>(i) * burst_every_;
    burst_first_.push_back(base_events_before(at) +
                           static_cast<std::uint64_t>(i - 1) * burst_events_);
  }
  events_ += burst_first_.size() * burst_events_;
}

std::chrono::nanoseconds timetable::due(std::uint64_t n) const noexcept {
  const auto in_nanoseconds = [](double seconds) {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
  };
  const auto next = std::upper_bound(burst_first_.begin(), burst_first_.end(), n);
  const auto bursts = static_cast<std::uint64_t>(next - burst_first_.begin());
  if (bursts == 0) return in_nanoseconds(base_due(n));
  const double latest = static_cast<double>(bursts) * burst_every_;
  if (n < *(next - 1) + burst_events_) return in_nanoseconds(latest);
  // Rounding must not put it before the burst that it follows.
  return in_nanoseconds(std::max(base_due(n - bursts * burst_events_), latest));
}

/// How many events of the pieces are due before a moment.
std::uint64_t timetable::base_events_before(double seconds) const noexcept {
  for (const auto& s : stretches_) {
    if (seconds > s.end) continue;
    const double t = seconds - s.begin;
    return std::min(base_events_, whole_events(s.before + t * (s.from + s.slope * t / 2)));
  }
  return base_events_;
}

/// Where the cumulative count reaches n: within a stretch the root of from*t + slope/2*t^2 = x, in
/// the form that loses no digits when the slope is small.
double timetable::base_due(std::uint64_t n) const noexcept {
  const auto count = static_cast<double>(n);
  // The last stretch that begins with no more than n; of several (silence) the last, where the
  // next event really is.
  auto at = std::upper_bound(stretches_.begin(), stretches_.end(), count,
                             [](double c, const stretch& s) { return c < s.before; });
  if (at == stretches_.begin()) return 0;
  --at;
  const double x = count - at->before;
  if (x <= 0) return at->begin;
  const double root = std::sqrt(std::max(0.0, at->from * at->from + 2 * at->slope * x));
  const double below = at->from + root;
  return below > 0 ? std::min(at->begin + 2 * x / below, at->end) : at->end;
}

load_profile constant_rate(double events_per_second, std::uint64_t events) {
  const double ms = std::ceil(static_cast<double>(events) * 1000 / events_per_second);
  const std::chrono::milliseconds during{std::max<std::int64_t>(1, static_cast<std::int64_t>(ms))};
  return {.pieces = {{events_per_second, events_per_second, during}}};
}

}  // namespace td::bench
