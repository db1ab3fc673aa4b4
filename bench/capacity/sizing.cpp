#include "bench/capacity/sizing.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace td::bench {

namespace {

constexpr double seconds_per_day = 86'400;
constexpr double cores_share = 0.7;   // of a machine: the rest is for bursts, checkpoints, queries
constexpr double broker_share = 0.8;  // of its core

std::optional<double> times(const std::optional<double>& a, double b) {
  if (!a) return std::nullopt;
  return *a * b;
}

std::optional<double> sum(const std::optional<double>& a, const std::optional<double>& b,
                          const std::optional<double>& c) {
  if (!a || !b || !c) return std::nullopt;
  return *a + *b + *c;
}

std::optional<unsigned> whole(const std::optional<double>& x, double share) {
  if (!x) return std::nullopt;
  return static_cast<unsigned>(std::max(1.0, std::ceil(*x / share)));
}

}  // namespace

sizing_row size_for(const sizing_basis& basis, double rate) {
  sizing_row r{.rate = rate,
               .broker_cores = times(basis.cost.broker_cpu, rate),
               .postgres_cores = times(basis.cost.postgres_cpu, rate),
               .service_cores = times(basis.cost.service_cpu, rate),
               .memory = sum(basis.service_memory, basis.postgres_memory, basis.broker_memory),
               .disk_per_day = times(basis.cost.disk_bytes, rate * seconds_per_day),
               .wal_per_day = times(basis.cost.wal_bytes, rate * seconds_per_day),
               .backlog_per_minute = times(basis.backlog_bytes, rate * 60)};
  r.cores = sum(r.broker_cores, r.postgres_cores, r.service_cores);
  r.machine = whole(r.cores, cores_share);
  r.brokers = whole(r.broker_cores, broker_share);
  return r;
}

std::vector<double> rates_worth_a_row(double answer, std::optional<double> target) {
  std::vector<double> rates;
  if (answer > 0) {
    rates.push_back(answer);
    const int tens = static_cast<int>(std::floor(std::log10(answer)));
    for (int p = tens - 1; p <= tens + 1; ++p) {
      for (const double step : {1.0, 2.0, 5.0})
        rates.push_back(step * std::pow(10.0, p));
    }
    std::erase_if(rates, [&](double r) { return r < answer / 10 || r > answer * 10; });
  }
  if (target) rates.push_back(*target);
  std::sort(rates.begin(), rates.end());
  rates.erase(
      std::unique(rates.begin(), rates.end(), [](double a, double b) { return b - a < 1e-6 * b; }),
      rates.end());
  return rates;
}

std::vector<std::string> assumptions(const sizing_basis& basis) {
  std::vector<std::string> all;
  all.push_back(
      fmt::format("Every figure is the cost of one event, measured at {:.0f} events/s, times the "
                  "rate: below it batches are smaller and an event costs somewhat more, above it "
                  "somewhat less.",
                  basis.rate));
  all.push_back(
      fmt::format("Cores to provide: what is used is {:.0f} % of them; the rest is for bursts, "
                  "checkpoints and queries. Producers are not counted.",
                  cores_share * 100));
  all.emplace_back(
      "Disk per day is tables with the hot day's indexes; a closed day gets its search indexes on "
      "top (kind, topic, payload). Times the days of retention it is what has to be there.");
  all.emplace_back(
      "WAL per day is what has to be written, not kept; archives and replicas keep it. Every rate "
      "was measured right after a checkpoint, on tables that were empty: full-page images are "
      "missing, and a day that has grown may write several times as much.");
  all.emplace_back(
      "The tables were young: an index that has outgrown memory costs more per event.");
  if (basis.backlog_bytes) {
    all.push_back(
        fmt::format("While nothing can be stored the broker holds {:.0f} bytes of memory "
                    "for each event (measured).",
                    *basis.backlog_bytes));
  }
  return all;
}

}  // namespace td::bench
