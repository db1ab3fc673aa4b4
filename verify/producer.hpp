#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "mqtt/publisher.hpp"
#include "verify/exchange.hpp"
#include "verify/messages.hpp"
#include "verify/outbox.hpp"

namespace td::verify {

struct producer_options {
  broker_options broker{};
  std::uint64_t seed{};
  std::size_t number{};      ///< from 0
  std::uint64_t messages{};  ///< to publish

  /// How many messages it holds that are not known to be stored; then it waits. Far more than a
  /// lane's receive window, so that a broker's queue grows while the service is away.
  std::size_t holds{10'000};
};

/// What a producer has done so far.
struct producer_counts {
  outbox::counts box{};
  std::uint64_t outstanding{};
  std::uint64_t unheard{};      ///< acknowledged with "no matching subscribers"
  std::uint64_t connections{};  ///< to the broker
  bool exhausted{};             ///< nothing of its plan is left to be published
  std::string refused{};        ///< its messages are not taken, and why: it has given up
};

/// One MQTT producer with an outbox. `run` is the body of its thread; the other functions may be
/// called from any.
class producer {
 public:
  /// `shared` must outlive it.
  producer(producer_options options, exchange& shared);

  /// Publishes, resends and probes until it is told to stop.
  void run(const std::stop_token& stop);

  /// These messages of its own were seen in the database.
  void stored(const std::vector<std::uint64_t>& tokens);

  producer_counts count() const;

 private:
  void on_acknowledged(std::uint64_t token, std::uint8_t reason);
  void take_stored();
  bool ensure_connected(const std::stop_token& stop);
  void drop_connection();
  void probe_where_due();
  void make_one();
  bool send();  ///< true: more could be sent at once
  void publish_counts();
  bool plan_done() const noexcept;
  bool may_make() const noexcept;

  producer_options options_;
  exchange& shared_;
  message_maker maker_;
  std::unique_ptr<publisher> publisher_;
  outbox box_;
  std::uint64_t made_{};
  std::uint64_t generation_{};         ///< of the broker when the connection was opened
  std::uint64_t probed_{};             ///< phase that the last probes are for
  std::uint64_t resent_for_{};         ///< generation
  std::vector<std::uint64_t> probes_;  ///< not known to be stored
  producer_counts mine_;

  mutable std::mutex mutex_;  // guards the rest
  std::vector<std::uint64_t> stored_;
  producer_counts counts_;
};

}  // namespace td::verify
