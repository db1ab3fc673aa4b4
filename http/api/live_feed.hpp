#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "actors/database_gate.hpp"
#include "http/async.hpp"
#include "storage/journal_feed.hpp"

namespace td {

/// An event on its way to live readers.
struct live_event {
  feed_place place{};
  found_event event{};
};
using shared_live_event = std::shared_ptr<const live_event>;

/// What a look at the feed brings.
struct live_stretch {
  std::vector<shared_live_event> events{};
  feed_place reached{};  ///< the next look begins here
};

struct live_feed_limits {
  std::size_t events{10'000};           ///< kept for readers that fall behind
  std::size_t bytes{16u << 20};         ///< of their payloads
  std::chrono::milliseconds poll{200};  ///< between two looks at the journal
};

/// The newest events, for any number of readers, with one query to the database. While somebody
/// listens it follows the journal and keeps a bounded tail of it in memory; whoever is further
/// behind reads the journal by himself until he meets the tail. Any thread.
class live_feed : public std::enable_shared_from_this<live_feed> {
 public:
  live_feed(std::shared_ptr<database_gate> gate, live_feed_limits limits)
      : gate_{std::move(gate)}, limits_{limits} {}

  /// One reader's ear. `ring` is called from any thread whenever there is something new; it must
  /// not block. Listening ends with the object.
  class listener {
   public:
    listener(std::shared_ptr<live_feed> feed, std::size_t number)
        : feed_{std::move(feed)}, number_{number} {}
    ~listener() { feed_->leave(number_); }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

   private:
    std::shared_ptr<live_feed> feed_;
    std::size_t number_;
  };

  /// `on`: where the following runs; it outlives all listeners.
  std::unique_ptr<listener> listen(asio::any_io_executor on, std::function<void()> ring);

  /// What the tail has behind `from`, at most `most` events. Absent: `from` is before the tail, or
  /// ahead of it; read the journal.
  std::optional<live_stretch> behind(feed_place from, std::size_t most) const;

  /// The last position that was seen; absent while nothing is known (nobody has listened for long,
  /// or the database is away).
  std::optional<std::int64_t> newest() const;

 private:
  asio::awaitable<void> follow();
  void take(feed_page page);
  void forget();  ///< holding the lock
  void leave(std::size_t number);
  bool abandoned();

  std::shared_ptr<database_gate> gate_;
  live_feed_limits limits_;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::size_t, std::function<void()>> ears_;
  std::size_t next_ear_{};
  bool follows_{};
  std::optional<feed_place> begin_;  ///< the tail has everything behind this
  feed_place end_{};                 ///< up to this
  std::optional<std::int64_t> newest_;
  std::deque<shared_live_event> tail_;
  std::size_t bytes_{};
};

}  // namespace td
