#include "verify/follower.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "verify/waiting.hpp"

namespace td::verify {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t batches_at_a_time = 64;
constexpr auto between_attempts = 100ms;  // to connect
constexpr auto between_looks = 20ms;
constexpr int rest = 4;  // times as long as a look took: it must not be a load of its own

uuid key_of(const sha256::digest& delivery_hash) {
  uuid key;
  std::copy_n(delivery_hash.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

}  // namespace

follower::follower(database_options options, exchange& shared, std::size_t producers,
                   on_stored stored)
    : options_{std::move(options)},
      shared_{shared},
      stored_{std::move(stored)},
      tokens_(producers) {}

void follower::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!audit_) {
      auto opened = open_mirror_audit(options_);
      if (!opened) {
        pause(between_attempts, stop);
        continue;
      }
      audit_ = std::move(*opened);
    }
    const auto begun = std::chrono::steady_clock::now();
    const auto more = look();
    const auto took = std::chrono::steady_clock::now() - begun;
    if (!more) audit_.reset();
    const auto due = std::chrono::ceil<std::chrono::milliseconds>(rest * took);
    pause(more && *more ? due : std::max<std::chrono::milliseconds>(due, between_looks), stop);
  }
}

/// True when there is more to read at once.
result<bool> follower::look() {
  const auto news = audit_->follow(mine_.position, batches_at_a_time);
  if (!news) return news.error();
  const auto saw = [&](const uuid& key, bool dead_letter) {
    const auto seen = shared_.book.seen(key, dead_letter);
    if (seen) tokens_[seen->producer].push_back(seen->of);
    return seen.has_value();
  };
  for (const auto& id : news->events)
    saw(id, false);
  for (const auto& hash : news->dead_letters)
    dead_letters_ += saw(key_of(hash), true) ? 1 : 0;
  for (std::size_t p = 0; p < tokens_.size(); ++p) {
    if (!tokens_[p].empty()) stored_(p, tokens_[p]);
    tokens_[p].clear();
  }
  dead_deliveries_ += news->dead_lettered;
  if (news->last_position < mine_.position) mine_.went_back = true;
  mine_.position = news->position;
  duplicates_ += news->duplicate;
  mine_.redelivered = duplicates_ + dead_deliveries_ - dead_letters_;
  const std::lock_guard lock{mutex_};
  counts_ = mine_;
  return news->position < news->last_position;
}

follower::counts follower::count() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace td::verify
