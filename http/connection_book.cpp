#include "http/connection_book.hpp"

#include "http/wire.hpp"

namespace td {

connection_book::place connection_book::enter(std::shared_ptr<wire> who) {
  const std::lock_guard lock{mutex_};
  return seats_.insert(seats_.end(), seat{std::move(who), std::nullopt, false});
}

void connection_book::leave(place p) {
  std::shared_ptr<wire> ends_outside;
  {
    const std::lock_guard lock{mutex_};
    if (p->waiting) waiting_.erase(*p->waiting);
    if (p->dropped) --dropped_;
    ends_outside = std::move(p->who);
    seats_.erase(p);
  }
  left_.notify_all();
}

void connection_book::waits(place p) {
  const std::lock_guard lock{mutex_};
  if (p->dropped) return;
  if (p->waiting) waiting_.erase(*p->waiting);
  p->waiting = waiting_.insert(waiting_.end(), p);
}

bool connection_book::goes_on(place p) {
  const std::lock_guard lock{mutex_};
  if (p->waiting) waiting_.erase(*std::exchange(p->waiting, std::nullopt));
  return !p->dropped;
}

bool connection_book::drop_longest_waiting() {
  const std::lock_guard lock{mutex_};
  if (waiting_.empty()) return false;
  const auto p = waiting_.front();
  waiting_.pop_front();
  p->waiting.reset();
  p->dropped = true;
  ++dropped_;
  p->who->cut_soon();
  return true;
}

std::size_t connection_book::open() const {
  const std::lock_guard lock{mutex_};
  return seats_.size() - dropped_;
}

std::vector<std::shared_ptr<wire>> connection_book::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<wire>> result;
  for (const auto& s : seats_)
    result.push_back(s.who);
  return result;
}

bool connection_book::wait_empty(std::chrono::milliseconds at_most) const {
  std::unique_lock lock{mutex_};
  return left_.wait_for(lock, at_most, [this] { return seats_.empty(); });
}

void connection_book::forget() {
  const std::lock_guard lock{mutex_};
  waiting_.clear();
  seats_.clear();
  dropped_ = 0;
}

}  // namespace td
