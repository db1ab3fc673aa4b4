#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

#include "verify/messages.hpp"

namespace td::verify {

/// What a careful producer remembers: every message until it is known to be stored, and what to
/// publish next. This is the behaviour that the README asks of producers who can't lose an event to
/// their broker's crash. No connection and no clock in here. One thread.
///
/// A message is resent only where the broker may not have it any more: its connection ended before
/// the PUBACK, or a broker that had acknowledged it was killed. Never merely because it takes long:
/// resending would heal, and so hide, an event that the service had lost.
class outbox {
 public:
  using message = std::shared_ptr<const planned_message>;

  /// What to publish. A repeat is superfluous on purpose; nobody waits for its acknowledgement.
  struct outgoing {
    std::uint64_t token{};
    message what{};
    bool repeated{};
  };

  struct counts {
    std::uint64_t resent{};    ///< the connection ended before their acknowledgement
    std::uint64_t repeated{};  ///< published once more on purpose
    std::uint64_t
        lost_by_broker{};  ///< resent though a broker, killed since, had acknowledged them
  };

  /// A new message, behind all that waits.
  void add(std::uint64_t token, message what);
  /// The same, before all that waits.
  void add_in_front(std::uint64_t token, message what);

  /// The next message to publish, now counted as on its way. Absent when nothing waits.
  std::optional<outgoing> next();

  /// It could not be taken after all: it waits again, in front.
  void put_back(outgoing o);

  /// The PUBACK came over a connection to the broker's `generation`-th process.
  void acknowledged(std::uint64_t token, std::uint64_t generation);

  /// The broker says that nobody was there to receive it: it waits again.
  void unheard(std::uint64_t token);

  /// It is in the database.
  void stored(std::uint64_t token);

  /// What was on its way and not acknowledged waits again, in the order in which it was published.
  void connection_lost();

  /// What an earlier broker process than `generation` had acknowledged and is still not stored
  /// waits again. Call once everything that the broker has kept has passed. Returns how many.
  std::size_t resend_from_before(std::uint64_t generation);

  /// Messages that are not known to be stored.
  std::size_t outstanding() const noexcept { return held_.size(); }
  bool waiting() const noexcept { return !ready_.empty() || !repeats_.empty(); }
  const counts& count() const noexcept { return counts_; }

 private:
  enum class state : std::uint8_t { waiting, sent, acknowledged };
  enum class why : std::uint8_t { first_time, connection_ended, broker_killed };
  struct holding {
    message what{};
    state now{state::waiting};
    why because{why::first_time};  ///< it waits, or was sent the last time
    std::uint64_t generation{};    ///< of the broker process that acknowledged it
    std::uint64_t turn{};          ///< place in the order of publishing
  };

  void count(why because, bool sent) noexcept;

  std::unordered_map<std::uint64_t, holding> held_;
  std::deque<std::uint64_t> ready_;  ///< tokens; those that are stored meanwhile are skipped
  std::deque<outgoing> repeats_;
  std::uint64_t turns_{};
  counts counts_;
};

}  // namespace td::verify
