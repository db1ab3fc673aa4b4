#include "verify/outbox.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace td::verify {

void outbox::add(std::uint64_t token, message what) {
  held_.emplace(token, holding{.what = std::move(what)});
  ready_.push_back(token);
}

void outbox::add_in_front(std::uint64_t token, message what) {
  held_.emplace(token, holding{.what = std::move(what)});
  ready_.push_front(token);
}

std::optional<outbox::outgoing> outbox::next() {
  while (!ready_.empty()) {
    const auto token = ready_.front();
    ready_.pop_front();
    const auto found = held_.find(token);
    if (found == held_.end() || found->second.now != state::waiting) continue;
    found->second.now = state::sent;
    found->second.turn = ++turns_;
    count(found->second.because, true);
    return outgoing{token, found->second.what, false};
  }
  if (repeats_.empty()) return std::nullopt;
  auto again = std::move(repeats_.front());
  repeats_.pop_front();
  ++counts_.repeated;
  return again;
}

void outbox::put_back(outgoing o) {
  if (o.repeated) {
    --counts_.repeated;
    repeats_.push_front(std::move(o));
    return;
  }
  const auto found = held_.find(o.token);
  if (found == held_.end()) return;
  found->second.now = state::waiting;
  count(found->second.because, false);
  ready_.push_front(o.token);
}

void outbox::count(why because, bool sent) noexcept {
  const auto change = sent ? std::uint64_t{1} : ~std::uint64_t{0};
  if (because == why::connection_ended) counts_.resent += change;
  if (because == why::broker_killed) counts_.lost_by_broker += change;
}

void outbox::acknowledged(std::uint64_t token, std::uint64_t generation) {
  const auto found = held_.find(token);
  if (found == held_.end() || found->second.now != state::sent) return;
  auto& h = found->second;
  h.now = state::acknowledged;
  h.generation = generation;
  if (h.what->again == repeat::when_acknowledged) repeats_.push_back({token, h.what, true});
}

void outbox::unheard(std::uint64_t token) {
  const auto found = held_.find(token);
  if (found == held_.end() || found->second.now != state::sent) return;
  found->second.now = state::waiting;
  ready_.push_back(token);
}

void outbox::stored(std::uint64_t token) {
  const auto found = held_.find(token);
  if (found == held_.end()) return;
  const auto& what = found->second.what;
  if (what->again == repeat::when_stored) repeats_.push_back({token, what, true});
  held_.erase(found);
}

void outbox::connection_lost() {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sent;
  for (auto& [token, h] : held_) {
    if (h.now != state::sent) continue;
    h.now = state::waiting;
    h.because = why::connection_ended;
    sent.emplace_back(h.turn, token);
  }
  std::ranges::sort(sent, std::greater{});
  for (const auto& [turn, token] : sent)
    ready_.push_front(token);
}

std::size_t outbox::resend_from_before(std::uint64_t generation) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gone;
  for (auto& [token, h] : held_) {
    if (h.now != state::acknowledged || h.generation >= generation) continue;
    h.now = state::waiting;
    h.because = why::broker_killed;
    gone.emplace_back(h.turn, token);
  }
  std::ranges::sort(gone);
  for (const auto& [turn, token] : gone)
    ready_.push_back(token);
  return gone.size();
}

}  // namespace td::verify
