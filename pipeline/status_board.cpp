#include "pipeline/status_board.hpp"

#include <algorithm>

namespace td {

namespace {

bool working(const lane_status& lane) {
  return lane.state == "reading" || lane.state == "waiting" || lane.state == "draining";
}

bool same_condition(const lane_status& a, const lane_status& b) {
  return a.state == b.state || (working(a) && working(b));
}

}  // namespace

void status_board::dependency::settle() {
  std::uint64_t last_good = 0, last_bad = 0;
  for (const auto& [name, said] : sources) {
    auto& last = said.ok ? last_good : last_bad;
    if (said.order < last) continue;
    last = said.order;
    if (!said.ok) reason = said.reason;
  }
  const bool now_ok = sources.empty() ? ok : last_good > last_bad || last_bad == 0;
  if (now_ok != ok || since == timestamp{}) since = now();
  ok = now_ok;
  if (ok) reason.clear();
}

void status_board::report(std::string_view dependency_name, std::string_view source, bool ok,
                          std::string_view reason, std::chrono::microseconds latency) {
  const std::lock_guard lock{mutex_};
  auto& d = dependencies_[std::string{dependency_name}];
  d.sources[std::string{source}] = {ok, std::string{reason}, ++d.reports};
  if (latency.count() > 0) d.latency = latency;
  d.settle();
  changed_.notify_all();
}

void status_board::forget(std::string_view dependency_name, std::string_view source) {
  const std::lock_guard lock{mutex_};
  const auto d = dependencies_.find(dependency_name);
  if (d == dependencies_.end()) return;
  const auto s = d->second.sources.find(source);
  if (s == d->second.sources.end()) return;
  d->second.sources.erase(s);
  d->second.settle();
}

bool status_board::up(std::string_view dependency_name) const {
  const std::lock_guard lock{mutex_};
  const auto d = dependencies_.find(dependency_name);
  return d == dependencies_.end() || d->second.ok;
}

void status_board::set(lane_status lane) {
  const std::lock_guard lock{mutex_};
  auto& known = lanes_[lane.slot];
  lane.since = same_condition(known, lane) && known.since != timestamp{} ? known.since : now();
  known = std::move(lane);
  changed_.notify_all();
}

void status_board::set_stalls(std::vector<stall_status> stalls) {
  const std::lock_guard lock{mutex_};
  stalls_ = std::move(stalls);
  changed_.notify_all();
}

std::vector<stall_status> status_board::stalls() const {
  const std::lock_guard lock{mutex_};
  return stalls_;
}

void status_board::expect_lanes(std::size_t lanes) {
  const std::lock_guard lock{mutex_};
  expected_lanes_ = lanes;
  changed_.notify_all();
}

bool status_board::ready_locked() const {
  if (!expected_lanes_ || !stalls_.empty()) return false;
  for (const auto& [name, d] : dependencies_) {
    if (!d.ok) return false;
  }
  const auto n =
      std::count_if(lanes_.begin(), lanes_.end(), [](auto& l) { return working(l.second); });
  return static_cast<std::size_t>(n) >= *expected_lanes_;
}

bool status_board::ready() const {
  const std::lock_guard lock{mutex_};
  return ready_locked();
}

bool status_board::wait_ready(std::chrono::milliseconds timeout) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [this] { return ready_locked(); });
}

void status_board::remove_lane(std::int32_t slot) {
  const std::lock_guard lock{mutex_};
  lanes_.erase(slot);
}

void status_board::set(actor_status actor) {
  const std::lock_guard lock{mutex_};
  auto name = actor.name;
  actors_[std::move(name)] = std::move(actor);
}

void status_board::remove_actor(std::string_view name) {
  const std::lock_guard lock{mutex_};
  if (const auto a = actors_.find(name); a != actors_.end()) actors_.erase(a);
}

std::vector<dependency_status> status_board::dependencies() const {
  const std::lock_guard lock{mutex_};
  std::vector<dependency_status> all;
  for (const auto& [name, d] : dependencies_)
    all.push_back({name, d.ok, d.reason, d.since, d.latency});
  return all;
}

std::vector<lane_status> status_board::lanes() const {
  const std::lock_guard lock{mutex_};
  std::vector<lane_status> all;
  for (const auto& [slot, lane] : lanes_)
    all.push_back(lane);
  return all;
}

std::vector<actor_status> status_board::actors() const {
  const std::lock_guard lock{mutex_};
  std::vector<actor_status> all;
  for (const auto& [name, actor] : actors_)
    all.push_back(actor);
  return all;
}

void status_board::set(std::vector<finding> findings) {
  const std::lock_guard lock{mutex_};
  findings_ = std::move(findings);
}

std::vector<finding> status_board::findings() const {
  const std::lock_guard lock{mutex_};
  return findings_;
}

}  // namespace td
