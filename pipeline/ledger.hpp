#pragma once

#include <cstdint>
#include <mutex>

#include "pipeline/batch.hpp"

namespace td {

/// Nothing disappears: received = stored + duplicate + dead_lettered + given_back + in_flight.
struct ledger_counts {
  std::uint64_t received{};  ///< messages read from the broker, redeliveries included
  std::uint64_t stored{};
  std::uint64_t duplicate{};
  std::uint64_t dead_lettered{};
  std::uint64_t given_back{};  ///< unacknowledged when their connection ended; will come again
  std::uint64_t in_flight{};   ///< read, verdict outstanding

  std::int64_t unaccounted() const noexcept {
    return static_cast<std::int64_t>(received) -
           static_cast<std::int64_t>(stored + duplicate + dead_lettered + given_back + in_flight);
  }
};

/// The process's account of every message. `in_flight` is what lanes say they hold, `received`
/// what they read, the rest what verdicts say: four sources that must agree. Any thread.
class ledger {
 public:
  /// A lane read this many messages and now holds them.
  void receive(std::uint64_t messages);
  /// A lane lets `messages` go because of this verdict.
  void settle(std::uint64_t messages, const verdict& v);
  /// A lane lets `messages` go unacknowledged.
  void give_back(std::uint64_t messages);

  ledger_counts read() const;

 private:
  mutable std::mutex mutex_;
  ledger_counts counts_;
};

}  // namespace td
