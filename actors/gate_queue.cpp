#include "actors/gate_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace td {

gate_queue::gate_queue(std::size_t readers, std::size_t most, metrics& meters)
    : most_{most}, meters_{meters}, readers_(readers) {}

bool gate_queue::any_up() const {
  return std::any_of(readers_.begin(), readers_.end(),
                     [](const reader_seat& r) { return r.is != state::down; });
}

/// Of the idle readers, the first that is not down; it is not idle any more.
std::function<void()> gate_queue::wake_one() {
  for (auto& r : readers_) {
    if (!r.idle || r.is == state::down || !r.wake) continue;
    r.idle = false;
    return r.wake;
  }
  return {};
}

void gate_queue::submit(job work, reply then, std::chrono::milliseconds timeout) {
  std::function<void()> wake;
  std::optional<failure> refused;
  gate_outcome outcome{};
  {
    const std::lock_guard lock{mutex_};
    if (closed_) {
      refused = failure{errc::stopping, "the service is stopping", {}};
      outcome = gate_outcome::stopping;
    } else if (!any_up()) {
      refused = away_;
      outcome = gate_outcome::away;
    } else if (queue_.size() >= most_) {
      refused = failure{errc::overloaded, "too much waits for the database", {}};
      outcome = gate_outcome::busy;
    } else {
      const auto now = clock::now();
      queue_.push_back({{std::move(work), std::move(then), now}, now + timeout});
      meters_.gate_waiting.Set(static_cast<double>(queue_.size()));
      wake = wake_one();
    }
  }
  if (refused) {
    meters_.gate_job(outcome);
    then(*refused);
  } else if (wake) {
    wake();
  }
}

bool gate_queue::up() const {
  const std::lock_guard lock{mutex_};
  return !closed_ && any_up();
}

std::size_t gate_queue::waiting() const {
  const std::lock_guard lock{mutex_};
  return queue_.size();
}

std::vector<gate_queue::entry> gate_queue::empty_out() {
  std::vector<entry> all{std::make_move_iterator(queue_.begin()),
                         std::make_move_iterator(queue_.end())};
  queue_.clear();
  meters_.gate_waiting.Set(0);
  return all;
}

void gate_queue::refuse_all(std::vector<entry> refused, const failure& why, gate_outcome outcome) {
  for (auto& e : refused) {
    meters_.gate_job(outcome);
    e.what.then(why);
  }
}

void gate_queue::close() {
  std::vector<entry> refused;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    refused = empty_out();
  }
  refuse_all(std::move(refused), {errc::stopping, "the service is stopping", {}},
             gate_outcome::stopping);
}

void gate_queue::attach(std::size_t reader, std::function<void()> wake) {
  const std::lock_guard lock{mutex_};
  readers_[reader] = {state::starting, false, std::move(wake)};
}

void gate_queue::detach(std::size_t reader) {
  std::function<void()> next;
  {
    const std::lock_guard lock{mutex_};
    auto& r = readers_[reader];
    r.idle = false;
    r.wake = nullptr;
    if (!queue_.empty()) next = wake_one();  // it may have been woken in vain
  }
  if (next) next();
}

std::optional<gate_queue::taken> gate_queue::take(std::size_t reader, clock::time_point now) {
  std::vector<entry> late;
  std::optional<taken> next;
  {
    const std::lock_guard lock{mutex_};
    while (!queue_.empty() && !next) {
      auto e = std::move(queue_.front());
      queue_.pop_front();
      if (e.until < now) {
        late.push_back(std::move(e));
      } else {
        next = std::move(e.what);
      }
    }
    meters_.gate_waiting.Set(static_cast<double>(queue_.size()));
    readers_[reader].idle = !next;
  }
  refuse_all(std::move(late),
             {errc::timed_out, "its turn at the database did not come in time", {}},
             gate_outcome::timed_out);
  return next;
}

void gate_queue::report_up(std::size_t reader) {
  const std::lock_guard lock{mutex_};
  readers_[reader].is = state::up;
}

void gate_queue::report_down(std::size_t reader, const failure& why) {
  std::vector<entry> refused;
  std::vector<std::function<void()>> others;
  {
    const std::lock_guard lock{mutex_};
    auto& r = readers_[reader];
    const bool news = std::exchange(r.is, state::down) != state::down;
    r.idle = false;
    away_ = why;
    if (!any_up()) refused = empty_out();
    for (auto& other : readers_) {
      if (!news || other.is == state::down || !other.idle || !other.wake) continue;
      other.idle = false;
      others.push_back(other.wake);
    }
  }
  refuse_all(std::move(refused), why, gate_outcome::away);
  for (const auto& wake : others)
    wake();
}

}  // namespace td
