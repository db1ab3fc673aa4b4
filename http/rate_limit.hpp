#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace td {

/// So many at once, and then one per `every`. `burst` 0: no limit.
struct rate_rule {
  std::size_t burst{};
  std::chrono::nanoseconds every{};
};

/// `burst` seconds' worth at once: `per_second` 0 is no limit.
rate_rule per_second(std::size_t rate);

/// What a client is told with its answer.
struct rate_verdict {
  bool allowed{true};
  std::size_t limit{};
  std::size_t remaining{};
  std::chrono::nanoseconds reset{};        ///< until all of it is there again
  std::chrono::nanoseconds retry_after{};  ///< when not allowed: until the next one is
};

/// A token bucket per key, kept as one time each ("generic cell rate algorithm", ITU-T I.371
/// annex A: the theoretical arrival time). Memory is bounded: beyond `most_keys` whoever asked
/// longest ago is forgotten. Any thread; time is brought along.
class rate_limiter {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t default_keys = 65'536;  ///< about 10 MiB

  explicit rate_limiter(std::size_t most_keys = default_keys) : most_{most_keys} {}

  rate_verdict ask(std::string_view key, const rate_rule& rule, clock::time_point now);

  std::size_t keys() const;

 private:
  struct bucket {
    std::string key;
    clock::time_point arrival;  ///< when the bucket is full again
  };
  using buckets = std::list<bucket>;  ///< who asked longest ago first

  buckets::iterator place_of(std::string_view key, clock::time_point now);

  std::size_t most_;
  mutable std::mutex mutex_;
  buckets order_;
  std::unordered_map<std::string_view, buckets::iterator> by_key_;
};

}  // namespace td
