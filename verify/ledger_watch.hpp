#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "http/client.hpp"

namespace td::verify {

/// The value of a metric without labels in Prometheus' text format; absent when it is not in there.
/// Any thread.
std::optional<double> metric_value(std::string_view text, std::string_view name);

/// Asks the service for its ledger again and again: taylordash_unaccounted_events must be 0 at
/// every answer. No answer is no finding: the service is killed now and then.
class ledger_watch {
 public:
  explicit ledger_watch(http_url service);

  void run(const std::stop_token& stop);  ///< the body of its thread

  struct counts {
    std::uint64_t samples{};  ///< answers with a ledger
    std::uint64_t off{};      ///< of them not 0
    double worst{};           ///< the largest deviation
  };
  counts count() const;

 private:
  http_url metrics_;
  mutable std::mutex mutex_;
  counts counts_;
};

}  // namespace td::verify
