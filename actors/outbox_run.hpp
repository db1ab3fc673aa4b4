#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "mqtt/publisher.hpp"
#include "pipeline/backoff.hpp"
#include "pipeline/metrics.hpp"
#include "storage/outbox_store.hpp"

namespace td {

/// How the outbox is published.
struct outbox_rules {
  std::size_t window{100};            ///< messages without a PUBACK
  std::size_t max_unconfirmed{2000};  ///< published and not seen; more would only fill the broker
  std::chrono::milliseconds confirm_within{std::chrono::minutes{1}};
  std::chrono::seconds keep{std::chrono::hours{72}};
  std::chrono::milliseconds acknowledge_within{std::chrono::seconds{10}};
};

/// Makes the connection to the broker, which calls back with what is acknowledged.
using make_outbox_publisher =
    std::function<std::unique_ptr<publisher>(publisher::on_acknowledged acknowledged)>;

/// One turn after the other: look what came through, publish what may go next, mark what the broker
/// has. It holds nothing that is not in the database, so whatever ends it, the next one goes on.
/// While there is nothing to publish it has no connection to the broker. One thread.
class outbox_run {
 public:
  using clock = std::chrono::steady_clock;

  /// `stopping`: asked while it waits for the broker; true ends the turn.
  outbox_run(outbox_rules rules, metrics& meters, const make_outbox_publisher& make,
             std::function<bool()> stopping);

  /// One turn. Returns how long nothing is to be done, unless something is put into the outbox.
  /// Failures are the store's (reconnect it), or stopping; a broker that is away only makes the
  /// next turn later.
  result<std::chrono::milliseconds> turn(outbox_store& store, clock::time_point now);

  outbox_run(const outbox_run&) = delete;  // the publisher calls back to it
  outbox_run& operator=(const outbox_run&) = delete;

  /// The next turn looks at everything anew: others may have published meanwhile.
  void forget() noexcept { knows_nothing_ = true; }

  /// Another node publishes now: says so in the gauges, and leaves the broker.
  void rest();

 private:
  struct acknowledgement {
    std::size_t row{};
    std::uint8_t reason{};
  };
  /// What became of a turn's rows.
  struct sent {
    std::vector<std::int64_t> published{};
    std::vector<std::pair<std::int64_t, failure>> impossible{};
    failure trouble{};  ///< why the others are not; where `is_whole` is false
    bool is_whole{true};
  };

  result<void> settle(outbox_store& store, clock::time_point now);
  result<void> publish(outbox_store& store, clock::time_point now);
  result<void> care(outbox_store& store, clock::time_point now);
  result<sent> send(const std::vector<outbox_row>& rows);
  result<bool> queue(const outbox_row& row, std::size_t place, sent& out);
  result<void> await_acknowledgements(clock::time_point until);
  void judge(const std::vector<outbox_row>& rows, sent& out);
  void refused(const outbox_refusal& r);
  void broker_trouble(const failure& why, clock::time_point now);

  outbox_rules rules_;
  metrics& meters_;
  std::function<bool()> stopping_;
  std::unique_ptr<publisher> publisher_;
  std::vector<acknowledgement> acknowledged_;
  backoff retry_;
  bool told_{};
  bool more_{};               ///< the last turn took as much as it may
  bool knows_nothing_{true};  ///< of what was published before it began
  std::uint64_t waiting_{};   ///< published, not seen
  clock::time_point may_publish_{};
  clock::time_point next_settle_{};
  std::chrono::milliseconds settle_after_;
  clock::time_point last_used_{};  ///< the connection to the broker
  clock::time_point next_look_{};
  clock::time_point next_tidy_{};
};

}  // namespace td
