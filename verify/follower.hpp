#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "storage/mirror_audit.hpp"
#include "verify/exchange.hpp"

namespace td::verify {

/// Follows the journal of batches as any reader would, and tells producers which of their messages
/// have come to rest. This is how they learn what they may forget.
class follower {
 public:
  /// `producer` and tokens of it that were seen for the first time. From the thread of `run`.
  using on_stored =
      std::function<void(std::size_t producer, const std::vector<std::uint64_t>& tokens)>;

  follower(database_options options, exchange& shared, std::size_t producers, on_stored stored);

  /// The body of its thread: until it is told to stop, over as many connections as it takes.
  void run(const std::stop_token& stop);

  struct counts {
    std::int64_t position{};     ///< of the journal
    std::int64_t redelivered{};  ///< deliveries of what had been stored or dead-lettered before
    bool went_back{};            ///< the journal ended before a position that had been read already
  };
  counts count() const;

 private:
  result<bool> look();

  database_options options_;
  exchange& shared_;
  on_stored stored_;
  std::unique_ptr<mirror_audit> audit_;
  std::vector<std::vector<std::uint64_t>> tokens_;  ///< by producer; kept for its memory
  std::int64_t duplicates_{};
  std::int64_t dead_deliveries_{};
  std::int64_t dead_letters_{};
  counts mine_;

  mutable std::mutex mutex_;
  counts counts_;
};

}  // namespace td::verify
