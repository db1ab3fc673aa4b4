#include "actors/session_cache.hpp"

#include <algorithm>
#include <cstring>

namespace td {

std::size_t session_cache::by_first_bytes::operator()(const crypto::digest& d) const noexcept {
  std::size_t h = 0;
  std::memcpy(&h, d.data(), sizeof h);  // a hash already, of something nobody can choose
  return h;
}

std::uint64_t session_cache::epoch() const {
  const std::lock_guard lock{mutex_};
  return epoch_;
}

std::optional<principal> session_cache::find(std::string_view credential, timestamp at) const {
  const auto key = crypto::sha256(credential);
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.until <= at) return std::nullopt;
  return found->second.who;
}

void session_cache::put(std::string_view credential, const principal& who, timestamp at,
                        std::uint64_t epoch) {
  const auto key = crypto::sha256(credential);
  const std::lock_guard lock{mutex_};
  if (!open_ || epoch != epoch_) return;
  const auto until = std::min<timestamp>(at + longest, who.expires_at);
  if (until <= at) return;
  make_room(at);
  if (entries_.insert_or_assign(key, entry{who, until}).second) order_.push_back(key);
}

/// The oldest go first; those that have ended anyway with them.
void session_cache::make_room(timestamp at) {
  while (!order_.empty()) {
    const auto oldest = entries_.find(order_.front());
    const bool ended = oldest == entries_.end() || oldest->second.until <= at;
    if (!ended && entries_.size() < most) return;
    if (oldest != entries_.end()) entries_.erase(oldest);
    order_.pop_front();
  }
}

void session_cache::forget(const identity_change& change) {
  using kind = identity_change::kind;
  const std::lock_guard lock{mutex_};
  ++epoch_;
  if (change.what == kind::unknown) {
    entries_.clear();
    order_.clear();
    return;
  }
  std::erase_if(entries_, [&](const auto& e) {
    const auto& who = e.second.who;
    return change.what == kind::user ? who.user == change.id : who.id == change.id;
  });
}

void session_cache::open() {
  const std::lock_guard lock{mutex_};
  open_ = true;
}

void session_cache::close() {
  const std::lock_guard lock{mutex_};
  ++epoch_;
  open_ = false;
  entries_.clear();
  order_.clear();
}

bool session_cache::is_open() const {
  const std::lock_guard lock{mutex_};
  return open_;
}

}  // namespace td
