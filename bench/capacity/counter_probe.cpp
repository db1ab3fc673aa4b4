#include "bench/capacity/counter_probe.hpp"

#include <chrono>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/capacity/kernel_view.hpp"
#include "bench/process_usage.hpp"
#include "standalone/files.hpp"
#include "verify/ledger_watch.hpp"

namespace td::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto answer_time = 5s;  // a service on busy cores

std::optional<double> seconds_of(const std::optional<cpu_time>& t) {
  if (!t) return std::nullopt;
  return std::chrono::duration<double>(t->total()).count();
}

}  // namespace

result<counters> counters_in(std::string_view text) {
  counters c;
  const struct {
    std::string_view name;
    double* into;
  } wanted[]{{"taylordash_read_seconds_sum", &c.read},
             {"taylordash_validate_seconds_sum", &c.validate},
             {"taylordash_write_seconds_sum", &c.write},
             {"taylordash_commit_seconds_sum", &c.commit},
             {"taylordash_batch_seconds_sum", &c.batch},
             {"taylordash_batches_total", &c.batches},
             {"taylordash_received_bytes_total", &c.bytes}};
  for (const auto& w : wanted) {
    const auto value = verify::metric_value(text, w.name);
    if (!value)
      return failure{errc::internal, fmt::format("the service's /metrics has no {}", w.name)};
    *w.into = *value;
  }
  return c;
}

result<counters> read_counters(const watched& what, store_view& store) {
  const auto reply = http_get(what.service_metrics, answer_time);
  if (!reply || reply->status != 200) {
    return failure{errc::internal, fmt::format("the service's /metrics does not answer: {}",
                                               reply ? fmt::format("status {}", reply->status)
                                                     : reply.error().detail)};
  }
  auto read = counters_in(reply->body);
  if (!read) return read;
  auto& c = *read;
  if (auto r = store.follow(); !r) return r.error();
  const auto wal = store.wal_bytes();
  if (!wal) return wal.error();
  const auto stored = store.stored_bytes();
  if (!stored) return stored.error();
  c.wal = *wal;
  c.stored_bytes = *stored;
  c.decided = static_cast<double>(store.decided());
  if (what.broker > 0) c.broker_cpu = seconds_of(cpu_of(what.broker));
  if (what.postgres > 0) c.postgres_cpu = seconds_of(cpu_of_family(what.postgres));
  if (what.service > 0) c.service_cpu = seconds_of(cpu_of(what.service));
  c.generator_cpu = seconds_of(cpu_of(::getpid())).value_or(0);
  c.machine_cpu = std::chrono::duration<double>(machine_busy()).count();
  if (what.device) c.disk = device_busy(read_text("/proc/diskstats").value_or(""), *what.device);
  c.io_wait = pressure_total(read_text("/proc/pressure/io").value_or(""));
  c.at_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  return read;
}

}  // namespace td::bench
