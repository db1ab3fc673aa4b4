#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/capacity/usage.hpp"

namespace td::bench {

/// What was measured, and may be multiplied. Absent: could not be seen.
struct sizing_basis {
  double rate{};  ///< at which it was measured
  event_cost cost{};
  double idle_cores{};                      ///< that the three use without any event
  std::optional<double> service_memory{};   ///< bytes, the most
  std::optional<double> postgres_memory{};  ///< bytes, shared pages counted once
  std::optional<double> broker_memory{};    ///< bytes, without a backlog
  std::optional<double> backlog_bytes{};    ///< of the broker's memory, per event that waits
};

/// One line of the table: what a rate needs. Cores as used, and as one should have.
struct sizing_row {
  double rate{};
  std::optional<double> broker_cores{};
  std::optional<double> postgres_cores{};
  std::optional<double> service_cores{};
  std::optional<double> cores{};      ///< of the three together, in use
  std::optional<unsigned> machine{};  ///< cores to provide: `cores` at most 70 % of them
  std::optional<unsigned> brokers{};  ///< that it takes, one core each, at most 80 % of it
  std::optional<double> memory{};     ///< bytes, of the three, without a backlog
  std::optional<double> disk_per_day{};
  std::optional<double> wal_per_day{};
  std::optional<double> backlog_per_minute{};  ///< bytes of broker memory, while nothing is stored
};

sizing_row size_for(const sizing_basis& basis, double rate);

/// The rates that are worth a row: 1, 2, 5 times powers of ten from a tenth of `answer` to ten
/// times of it, with answer and target among them; rising.
std::vector<double> rates_worth_a_row(double answer, std::optional<double> target);

/// What has to be believed for the table to be true, a sentence each.
std::vector<std::string> assumptions(const sizing_basis& basis);

}  // namespace td::bench
