#include "bench/capacity/observation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/spread.hpp"

namespace td::bench {

namespace {

constexpr double growth_share = 0.01;  // of the rate: what rounding of samples and batches explains
constexpr double noise_factor = 2;     // times the deviation over the window
constexpr double on_time_share = 0.97;  // of the rate has to leave the generator
constexpr double blocked_much = 0.05;   // of the events found no room at the broker
constexpr double explains = 2;          // what is at most so much larger than its cause
constexpr double nearly = 0.9;          // stored more than this of the rate: a second look
constexpr double hopeless = 0.5;        // stored less than this: no second look, even at the first

double median_of(std::vector<double> values) {
  return spread_of(std::move(values)).median;
}

/// Whether the load was not what it should have been, and that alone may be why it failed.
bool is_generators_doing(const observation& seen, const wish& wanted, const judgement& j) {
  const double unsent = seen.rate - seen.offered;
  const bool late = seen.offered < on_time_share * seen.rate || seen.late_p99_ms > wanted.late_ms;
  if (!late || held_up_by_broker(seen)) return false;
  switch (j.what) {
    case finding::backlog_grows:
      return j.growth <= explains * unsent;
    case finding::too_slow:
      return explains * seen.late_p99_ms >= seen.p99_ms;
    default:
      return true;
  }
}

}  // namespace

std::string_view name_of(finding f) noexcept {
  switch (f) {
    case finding::sustained:
      return "sustained";
    case finding::backlog_grows:
      return "backlog_grows";
    case finding::too_slow:
      return "too_slow";
    case finding::generator_limited:
      return "generator_limited";
  }
  return "";
}

std::string_view sentence_of(finding f) noexcept {
  switch (f) {
    case finding::sustained:
      return "sustained";
    case finding::backlog_grows:
      return "the backlog grows";
    case finding::too_slow:
      return "p99 above the wish";
    case finding::generator_limited:
      return "the generator was late";
  }
  return "";
}

bool held_up_by_broker(const observation& seen) noexcept {
  return seen.blocked_share > blocked_much;
}

backlog_trend backlog_trend_of(const std::vector<backlog_sample>& samples) {
  if (samples.size() < 3) return {};
  std::vector<double> slopes;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    for (std::size_t j = i + 1; j < samples.size(); ++j) {
      const double apart = samples[j].at_s - samples[i].at_s;
      if (apart > 0) slopes.push_back((samples[j].events - samples[i].events) / apart);
    }
  }
  backlog_trend t{.slope = median_of(std::move(slopes))};
  std::vector<double> levels;
  for (const auto& s : samples)
    levels.push_back(s.events - t.slope * s.at_s);
  const double level = median_of(levels);
  for (auto& l : levels)
    l = std::abs(l - level);
  t.deviation = median_of(std::move(levels));
  return t;
}

judgement judge(const observation& seen, const wish& wanted) {
  const auto t = backlog_trend_of(seen.backlog);
  judgement j{.growth = t.slope};
  j.growth_ok = growth_share * seen.rate;
  if (seen.window_s > 0) j.growth_ok += noise_factor * t.deviation / seen.window_s;

  if (j.growth > j.growth_ok || seen.cut) {
    j.what = finding::backlog_grows;
  } else if (seen.p99_ms > wanted.p99_ms) {
    j.what = finding::too_slow;
  }
  if (is_generators_doing(seen, wanted, j)) j.what = finding::generator_limited;
  // It may have been somebody else's moment, the generator's as well.
  const double reached = j.what == finding::generator_limited ? seen.offered : seen.stored;
  j.close = !j.sustained() && reached > nearly * seen.rate;
  j.decisive = j.what == finding::backlog_grows && seen.stored < hopeless * seen.rate;
  return j;
}

}  // namespace td::bench
