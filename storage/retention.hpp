#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/time.hpp"

namespace td {

enum class retained : std::uint8_t { events, dead_letters };

/// "events", "dead_letters": as the table has it.
std::string_view name_of(retained what) noexcept;
std::optional<retained> retained_named(std::string_view name) noexcept;

inline constexpr std::int32_t max_keep_days = 36500;

/// How long what a topic prefix and a kind name is kept.
struct retention_policy {
  retained what{};
  std::string topic_prefix{};  ///< empty: all topics
  std::string kind{};          ///< empty: all kinds, and dead letters whose kind is not known
  std::int32_t keep_days{};    ///< 1 to max_keep_days
  timestamp changed_at{};
  std::string changed_by{};
};

/// What the settings say, for everything that no policy is about.
struct retention_defaults {
  std::chrono::days events{};
  std::chrono::hours dead_letters{};

  bool operator==(const retention_defaults&) const = default;
};

/// The policies in force and the default. What counts for an event is the policy with the longest
/// topic prefix that fits, and among those of one prefix the one that names its kind. Events go by
/// whole days: one of day D goes once D is before today - keep. Immutable.
class retention_rules {
 public:
  retention_rules(const retention_defaults& defaults, std::vector<retention_policy> policies);

  /// Of one sort, the most specific first; the default is none of them.
  const std::vector<retention_policy>& policies(retained what) const noexcept;
  const retention_defaults& defaults() const noexcept { return defaults_; }

  std::chrono::days longest_kept() const noexcept;   ///< events
  std::chrono::days shortest_kept() const noexcept;  ///< events

  /// Which policy counts for a row of events_mirror or dlq_events, as an SQL expression: its index
  /// in `policies`, -1 for the default.
  std::string policy_sql(retained what) const;

  /// Whether an event of a day of this age has expired, as an SQL condition that is never NULL.
  /// Equal for ages at which the same policies have.
  std::string expired_sql(std::chrono::days age) const;

  /// Whether a row of dlq_events has expired at `now`, as an SQL condition.
  std::string dead_letter_expired_sql(timestamp now) const;

  /// Dead letters whose last failure is at or after this are kept by every policy.
  timestamp dead_letters_kept_from(timestamp now) const;

 private:
  retention_defaults defaults_;
  std::vector<retention_policy> events_;
  std::vector<retention_policy> dead_letters_;
};

/// The day that two clocks agree on, the earlier of the two; absent when they are more than an hour
/// apart: dropping is for ever, so one wrong clock must not be enough for it.
std::optional<std::chrono::sys_days> trusted_today(timestamp ours, timestamp theirs);

/// How the expired events of a day go.
enum class retention_way : std::uint8_t {
  drop,     ///< the whole day
  rewrite,  ///< what stays is copied, and the copy takes the day's place
  erase,    ///< row by row: few of many; PostgreSQL reuses the space, no bytes are given back
};

/// "drop", "rewrite", "erase".
std::string_view name_of(retention_way way) noexcept;

/// What a run would take, or has taken: from one day, of one policy.
struct retention_step {
  std::chrono::sys_days day{};
  retention_way way{};
  std::int32_t policy{-1};  ///< index in `policies(events)`, -1: the default; of `drop`: all
  std::uint64_t events{};
  std::uint64_t bytes{};  ///< given back to the file system
  bool estimated{};       ///< the bytes are, from the share of the rows
};

/// What one run would do.
struct retention_plan {
  std::vector<retention_step> events{};        ///< by day
  std::vector<retention_step> dead_letters{};  ///< per policy: `policy` and `events` (letters)
};

/// What one run did.
struct retention_run {
  std::int64_t id{};
  timestamp started_at{};
  std::optional<timestamp> finished_at{};  ///< absent: it goes on, or was cut short
  std::string actor{};
  std::uint32_t days_dropped{};
  std::uint64_t events{};
  std::uint64_t dead_letters{};
  std::uint64_t bytes{};
  std::string error{};  ///< empty: it went to its end

  bool did_something() const noexcept {
    return days_dropped > 0 || events > 0 || dead_letters > 0 || !error.empty();
  }
};

}  // namespace td
