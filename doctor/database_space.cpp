// Space, partitions and the clock.

#include "doctor/codes.hpp"
#include "doctor/database_judge.hpp"
#include "doctor/words.hpp"

#include <fmt/format.h>

namespace td {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr std::uint64_t gib = 1ull << 30;
constexpr std::uint64_t slot_limit = 10 * gib;
constexpr double days_of_danger = 1;
constexpr double days_of_warning = 7;
constexpr microseconds clock_limit = 2s;  // more than any NTP client leaves

/// Bytes per day, where the journal and the statistics can tell.
std::optional<double> growth(const database_survey& found) {
  if (!found.bytes_per_event || !found.events_per_day) return std::nullopt;
  return *found.bytes_per_event * *found.events_per_day;
}

std::string growth_words(const database_survey& found, const database_needs& needs) {
  const auto daily = growth(found);
  if (!daily || *daily < 1) return {};
  const auto days = static_cast<double>(needs.retention.count()) / 24;
  return fmt::format("; {} a day come in, {} at most with retention.events = {}",
                     words::size(static_cast<std::uint64_t>(*daily)),
                     words::size(static_cast<std::uint64_t>(*daily * days)),
                     words::duration(needs.retention));
}

finding judge_disk(const database_survey& found, const database_needs& needs) {
  constexpr const char* code = "database_disk";
  const auto now = words::size(found.database_bytes);
  if (!needs.disk) {
    return make_finding(code, severity::note,
                        fmt::format("the database has {}{}; how much is free on its disk can't be "
                                    "seen from here",
                                    now, growth_words(found, needs)),
                        "df -h DATA_DIRECTORY", "run it on the database's machine");
  }
  const auto free = needs.disk->free_bytes;
  const auto daily = growth(found).value_or(0);
  const auto days_left = daily >= 1 ? static_cast<double>(free) / daily : 1e9;
  // Retention drops as much as comes in once its days are full.
  const auto still_to_come = daily * static_cast<double>(needs.retention.count()) / 24 -
                             static_cast<double>(found.database_bytes);
  const bool fills_up = still_to_come > static_cast<double>(free);
  const auto text = fmt::format("{} of {} are free on the database's disk, the database has {}{}",
                                words::size(free), words::size(needs.disk->total_bytes), now,
                                growth_words(found, needs));
  auto level = severity::ok;
  if (free < gib || (fills_up && days_left < days_of_danger)) {
    level = severity::danger;
  } else if (free < 5 * gib || (fills_up && days_left < days_of_warning)) {
    level = severity::warning;
  } else if (fills_up) {
    level = severity::note;
  }
  if (level == severity::ok) return make_finding(code, level, text);
  return make_finding(
      code, level,
      fills_up ? fmt::format("{}: full in {:.1f} days", text, days_left)
               : text + ": a full disk stops the database",
      "taylordash retention set --keep 7d",
      "a shell; or make room on that disk. `retention run --dry-run` says what would go");
}

finding judge_slots(const database_survey& found) {
  constexpr const char* code = "database_slots";
  if (found.inactive_slots.empty())
    return make_finding(code, severity::ok, "no replication slot is without a reader");
  const auto& first = found.inactive_slots.front();
  const auto* cap = found.setting("max_slot_wal_keep_size");
  const bool bounded = cap != nullptr && cap->value != "-1";
  return make_finding(
      code, first.bytes > slot_limit && !bounded ? severity::warning : severity::note,
      fmt::format("replication slot {} has no reader and holds {} of WAL{}", first.name,
                  words::size(first.bytes),
                  bounded ? "" : ", without an end until the disk is full"),
      fmt::format("SELECT pg_drop_replication_slot({});", words::sql_text(first.name)),
      "psql, as superuser, if its reader will not come back");
}

finding judge_partitions(const database_survey& found, const database_needs& needs) {
  constexpr const char* code = "database_partitions";
  if (!found.days_ahead)
    return make_finding(code, severity::note, "there is no mirror yet, so no partitions");
  if (*found.days_ahead >= std::min(needs.days_ahead, 1)) {
    return make_finding(
        code, severity::ok,
        fmt::format("partitions are there for today and {} days ahead", *found.days_ahead));
  }
  return make_finding(
      code, severity::warning,
      fmt::format("there is no partition for {}: nobody makes them ahead (a service does every ten "
                  "minutes), and each missing one delays the first event of its day",
                  *found.days_ahead < 0 ? "today" : "tomorrow"),
      "taylordash migrate --config taylordash.toml", "a shell, or start a service");
}

finding judge_clock(const database_survey& found) {
  constexpr const char* code = "database_clock";
  const auto ahead = found.clock_ahead;
  const auto certain = std::chrono::abs(ahead) - found.clock_uncertainty;
  const auto text = fmt::format(
      "the database's clock differs by {} from ours (give or take {:.1f} ms)",
      words::signed_duration(ahead), static_cast<double>(found.clock_uncertainty.count()) / 1000);
  if (certain < clock_limit) return make_finding(code, severity::ok, text);
  return make_finding(
      code, severity::warning,
      certain > microseconds{1h} ? text + ": retention takes nothing while it is more than an hour"
                                 : text + ": times of commits and of events can't be compared",
      "chronyc tracking", "run it on both machines; the one that is off needs a time service");
}

}  // namespace

std::vector<finding> judge_space(const database_survey& found, const database_needs& needs) {
  return {judge_disk(found, needs), judge_slots(found), judge_partitions(found, needs),
          judge_clock(found)};
}

}  // namespace td
