#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace td::bench {

/// Where an event's way may be narrow. The first four are things that work; the rest are the
/// service's own workers, which also count as busy while they wait for one of the first four.
enum class stage : std::uint8_t {
  generator,  ///< not the system: what feeds it
  cpu,        ///< all cores of the machine together
  broker,     ///< one core: Mosquitto works with one thread
  disk,       ///< the device below the database
  read,       ///< lanes: reading and parsing MQTT
  validate,   ///< validators
  write,      ///< database connections: COPY, all but COMMIT
  commit,     ///< database connections: COMMIT, the flush of the WAL
  lane,       ///< lanes: a batch's whole way, from read to acknowledged
};
inline constexpr std::size_t stages = 9;

std::string_view name_of(stage s) noexcept;  ///< "broker"
std::string_view what_of(stage s) noexcept;  ///< "the broker's one thread"

/// How busy each stage was over a window, 0..1; absent where it can't be seen from here (a broker
/// on another machine).
class stage_usage {
 public:
  std::optional<double> operator[](stage s) const noexcept {
    return share_[static_cast<std::size_t>(s)];
  }
  void set(stage s, std::optional<double> share) noexcept {
    share_[static_cast<std::size_t>(s)] = share;
  }
  double value(stage s) const noexcept { return (*this)[s].value_or(0); }

  bool operator==(const stage_usage&) const = default;

 private:
  std::array<std::optional<double>, stages> share_{};
};

/// Sums that the service and the kernel have kept since they started, in seconds. Two of them, one
/// at each end of a window, give its usage. Plain data; absent: can't be seen.
struct counters {
  double at_s{};  ///< a steady clock
  // of the service, from /metrics
  double read{};
  double validate{};
  double write{};  ///< COMMIT included
  double commit{};
  double batch{};  ///< from the last byte read to the acknowledgement
  double batches{};
  double bytes{};    ///< of topics and bodies received
  double decided{};  ///< events
  // CPU
  std::optional<double> broker_cpu{};
  std::optional<double> postgres_cpu{};
  std::optional<double> service_cpu{};
  double generator_cpu{};                ///< of its process
  double machine_cpu{};                  ///< of all that runs here
  std::optional<double> disk{};          ///< that the device had requests in flight
  std::optional<double> io_wait{};       ///< that at least one task waited for I/O (pressure stall)
  std::optional<double> wal{};           ///< bytes of WAL written
  std::optional<double> stored_bytes{};  ///< of the tables with their indexes
};

/// How many of each there are.
struct plant {
  unsigned cores{1};
  unsigned lanes{1};
  unsigned validators{1};
  unsigned connections{1};
  unsigned producers{1};      ///< threads of the generator
  double batch_events{4000};  ///< at which a batch is full
  double batch_bytes{4 << 20};

  bool operator==(const plant&) const = default;
};

/// What one event costs. Seconds of CPU, bytes. Absent: can't be seen.
struct event_cost {
  std::optional<double> broker_cpu{};
  std::optional<double> postgres_cpu{};
  std::optional<double> service_cpu{};
  std::optional<double> generator_cpu{};
  std::optional<double> machine_cpu{};  ///< everything that ran
  std::optional<double> wal_bytes{};
  std::optional<double> disk_bytes{};
  double events_per_batch{};

  bool operator==(const event_cost&) const = default;
};

/// The share of the time between two looks at the counters in which each stage worked. Never below
/// 0 or above 1 (clock ticks are rounded). The generator's is that of its producers' threads.
stage_usage usage_between(const counters& from, const counters& to, const plant& here);

/// The same per event decided. Empty when there was none.
event_cost cost_between(const counters& from, const counters& to);

/// Seconds that a COMMIT took, on average; 0 without any.
double mean_commit_between(const counters& from, const counters& to);

/// How full batches were, 0..1, by events or bytes. Lanes and connections are busy whenever events
/// come, and batches grow with the load: only with full ones is there nothing left.
double batch_fill_between(const counters& from, const counters& to, const plant& here);

}  // namespace td::bench
