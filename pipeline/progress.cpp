#include "pipeline/progress.hpp"

#include <fmt/format.h>

#include "pipeline/status_board.hpp"

namespace td {

namespace {

using std::chrono::milliseconds;

milliseconds between(progress_board::clock::time_point from, progress_board::clock::time_point to) {
  return std::chrono::floor<milliseconds>(to - from);
}

std::string_view dependency_behind(errc why) {
  if (why == errc::database_away || why == errc::timed_out) return dependency_database;
  if (why == errc::broker_away || why == errc::broker_refused) return dependency_broker;
  return {};
}

std::string seconds_text(milliseconds t) {
  return fmt::format("{} s", std::chrono::round<std::chrono::seconds>(t).count());
}

}  // namespace

void progress_board::turned(std::int32_t lane, clock::time_point at) {
  const std::lock_guard lock{mutex_};
  auto& p = lanes_[lane];
  p.out = false;
  p.turned_at = at;
}

void progress_board::took(const origin& from, std::uint64_t events, clock::time_point at) {
  const std::lock_guard lock{mutex_};
  auto& p = lanes_[from.lane];
  if (!p.owes) {
    p.owes_since = at;
    p.given_back = 0;
  }
  p.owes = p.out = true;
  p.quiet_since = {};
  p.turned_at = p.holder_since = at;
  p.batch = from;
  p.events = events;
  p.holder.clear();
  p.doing = "waits for a validator";
  p.dependency.clear();
  p.reason.clear();
}

void progress_board::settled(std::int32_t lane, clock::time_point at) {
  const std::lock_guard lock{mutex_};
  auto& p = lanes_[lane];
  p.owes = p.out = false;
  p.events = 0;
  p.turned_at = p.settled_at = at;
}

void progress_board::gave_back(std::int32_t lane, std::uint64_t events, const failure& why,
                               clock::time_point at) {
  const std::lock_guard lock{mutex_};
  auto& p = lanes_[lane];
  if (!p.owes) {
    p.owes = true;
    p.owes_since = at;
    p.given_back = 0;
    p.batch = {};
    p.holder.clear();
  }
  p.out = false;
  p.quiet_since = {};
  p.events = events;
  p.turned_at = p.holder_since = at;
  ++p.given_back;
  // Who held it last stays named: that is where it did not move.
  p.dependency = dependency_behind(why.code);
  p.reason = to_string(why);
}

void progress_board::connected(std::int32_t lane) {
  const std::lock_guard lock{mutex_};
  lanes_[lane].quiet_since = {};
}

void progress_board::quiet(std::int32_t lane, clock::time_point at) {
  const std::lock_guard lock{mutex_};
  auto& p = lanes_[lane];
  if (!p.owes) return;
  if (p.quiet_since == clock::time_point{}) p.quiet_since = at;
  if (at - p.quiet_since >= quiet_enough) p.owes = false;
}

void progress_board::remove(std::int32_t lane) {
  const std::lock_guard lock{mutex_};
  lanes_.erase(lane);
}

void progress_board::works(const origin& on, std::string_view holder, std::string_view doing,
                           std::string_view dependency, clock::time_point at) {
  const std::lock_guard lock{mutex_};
  const auto found = lanes_.find(on.lane);
  if (found == lanes_.end() || !found->second.out || found->second.batch != on) return;
  auto& p = found->second;
  p.holder = holder;
  p.doing = doing;
  p.dependency = dependency;
  p.holder_since = at;
}

void progress_board::forgive(clock::duration frozen) {
  const std::lock_guard lock{mutex_};
  for (auto& [lane, p] : lanes_) {
    for (auto* t : {&p.owes_since, &p.turned_at, &p.holder_since, &p.quiet_since}) {
      if (*t != clock::time_point{}) *t += frozen;
    }
  }
}

bool progress_board::settled_since(std::int32_t lane, clock::time_point since) const {
  const std::lock_guard lock{mutex_};
  const auto found = lanes_.find(lane);
  return found != lanes_.end() && found->second.settled_at > since;
}

std::vector<stall_status> progress_board::stalled(milliseconds limit, clock::time_point at) const {
  const std::lock_guard lock{mutex_};
  std::vector<stall_status> all;
  for (const auto& [lane, p] : lanes_) {
    if (p.owes && at - p.owes_since > limit) {
      all.push_back(describe(lane, p, at, p.owes_since));
    } else if (!p.out && at - p.turned_at > limit) {
      all.push_back(describe(lane, p, at, p.turned_at));
    }
  }
  return all;
}

stall_status progress_board::describe(std::int32_t lane, const lane_progress& p,
                                      clock::time_point at, clock::time_point since) {
  stall_status s;
  s.lane = lane;
  s.since = now() - std::chrono::floor<std::chrono::microseconds>(at - since);
  s.lasted = between(since, at);
  if (!p.owes) {
    s.holder = fmt::format("lane {}", lane);
    s.doing = "takes no turns";
    return s;
  }
  s.held = p.out;
  s.epoch = p.batch.epoch;
  s.batch = p.batch.number;
  s.events = p.events;
  s.holder = p.holder;
  s.doing = p.doing;
  s.held_for = between(p.holder_since, at);
  s.given_back = p.given_back;
  s.dependency = p.dependency;
  s.reason = p.reason;
  return s;
}

std::map<std::int32_t, milliseconds> progress_board::owing(clock::time_point at) const {
  const std::lock_guard lock{mutex_};
  std::map<std::int32_t, milliseconds> all;
  for (const auto& [lane, p] : lanes_)
    all[lane] = p.owes ? between(p.owes_since, at) : milliseconds{0};
  return all;
}

std::string to_text(const stall_status& s) {
  std::string text;
  if (s.events == 0) {
    text = fmt::format("lane {} takes no turns for {}", s.lane, seconds_text(s.lasted));
  } else {
    const auto times = s.given_back == 1 ? "once" : fmt::format("{} times", s.given_back);
    text = fmt::format("lane {}: {} events unacknowledged for {}: ", s.lane, s.events,
                       seconds_text(s.lasted));
    text += s.batch == 0 ? "what it read "
                         : fmt::format("batch {} of connection {} ", s.batch, s.epoch);
    if (!s.held) {
      text += fmt::format("was given back ({})", times);
      if (!s.holder.empty()) text += fmt::format(", last held by {} ({})", s.holder, s.doing);
    } else {
      text += s.holder.empty() ? s.doing : fmt::format("is held by {} ({})", s.holder, s.doing);
      text += fmt::format(" for {}", seconds_text(s.held_for));
      if (s.given_back > 0) text += fmt::format(", given back {} before", times);
    }
  }
  if (!s.dependency.empty()) text += fmt::format("; waits for {}", s.dependency);
  if (!s.reason.empty()) text += fmt::format(": {}", s.reason);
  return text;
}

}  // namespace td
