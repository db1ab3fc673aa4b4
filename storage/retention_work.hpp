#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/day_tables.hpp"
#include "storage/pg.hpp"
#include "storage/retention.hpp"

namespace td {

/// The policies there are, in no order.
result<std::vector<retention_policy>> load_policies(pg::session& session);

/// One run of retention on one session, which must hold the maintenance lock if it is to change
/// anything. What goes of a day is decided by `today`, of dead letters by `now`.
class retention_work {
 public:
  retention_work(pg::session& session, const retention_rules& rules, std::chrono::sys_days today,
                 timestamp now)
      : session_{session}, rules_{rules}, today_{today}, now_{now} {}

  /// What `apply` would take. Reads every day from which something may go.
  result<retention_plan> plan();

  /// Takes what has expired and writes the run down, if it did anything. A reader or a writer that
  /// is in the way of one day leaves it for the next run, which then has something in `error`. A
  /// failure of another kind ends it; what is done is done and written down.
  result<retention_run> apply(std::string_view actor);

 private:
  struct day_count {
    std::uint64_t expired{};
    std::uint64_t kept{};
    std::uint64_t bytes{};  ///< of the whole day, indexes included
  };

  result<std::vector<day_table>> whole_days();
  result<std::vector<day_table>> mixed_days();
  std::string expired_on(const day_table& day) const;
  result<day_count> count(const day_table& day, const std::string& expired);

  result<void> plan_whole(retention_plan& plan);
  result<void> plan_mixed(retention_plan& plan);
  result<void> plan_dead_letters(retention_plan& plan);

  result<void> take_whole();
  result<void> take_mixed();
  result<std::vector<day_table>> unswept(const std::vector<day_table>& days, std::int64_t position);
  result<void> sweep(const day_table& day);
  result<void> erase(const day_table& day, const std::string& expired);
  result<void> take_dead_letters();

  result<void> begin_run();
  result<void> note_run(bool finished);
  result<void> in_the_way(const day_table& day, const result<void>& done);

  pg::session& session_;
  const retention_rules& rules_;
  std::chrono::sys_days today_;
  timestamp now_;
  retention_run run_{};
};

}  // namespace td
