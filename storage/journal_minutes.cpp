#include "storage/journal_minutes.hpp"

#include <fmt/format.h>

#include "storage/pg.hpp"

namespace td {
namespace {

// One statement, so one snapshot: nothing is counted twice while somebody sums up. date_bin counts
// from 1970, as the steps do. $1 and $2 the time, $3 the step in minutes.
constexpr const char* counts_sql =
    "SELECT (extract(epoch FROM date_bin($3::bigint * interval '1 minute', at, timestamptz "
    "'epoch')) * 1000000)::bigint AS step, sum(batches), sum(stored), sum(duplicate), "
    "sum(dead_lettered) FROM (SELECT minute AS at, batches, stored, duplicate, dead_lettered "
    "FROM journal_minutes UNION ALL SELECT committed_at, 1, stored, duplicate, dead_lettered "
    "FROM mirror_batches WHERE position > (SELECT position FROM journal_minutes_progress)) AS c "
    "WHERE at >= $1 AND at < $2 GROUP BY step ORDER BY step";

// The lock of the progress row makes one of those who do this at the same time wait for the other,
// and go on from where it ended.
constexpr const char* progress_sql = "SELECT position FROM journal_minutes_progress FOR UPDATE";
constexpr const char* last_sql =
    "SELECT coalesce(max(position), 0) FROM (SELECT position FROM mirror_batches "
    "WHERE position > $1 ORDER BY position LIMIT {}) AS b";
constexpr const char* add_sql =
    "INSERT INTO journal_minutes AS m (minute, batches, stored, duplicate, dead_lettered) "
    "SELECT date_trunc('minute', committed_at, 'UTC'), count(*), sum(stored), sum(duplicate), "
    "sum(dead_lettered) FROM mirror_batches WHERE position > $1 AND position <= $2 GROUP BY 1 "
    "ON CONFLICT (minute) DO UPDATE SET batches = m.batches + excluded.batches, "
    "stored = m.stored + excluded.stored, duplicate = m.duplicate + excluded.duplicate, "
    "dead_lettered = m.dead_lettered + excluded.dead_lettered";
constexpr const char* move_sql = "UPDATE journal_minutes_progress SET position = $1";

failure bad(const char* member, std::string detail) {
  return {errc::configuration_invalid, std::move(detail), member};
}

result<std::int64_t> sum_up(pg::session& session, std::int64_t most) {
  auto from = session.exec(progress_sql);
  if (!from) return from.error();
  const auto position = std::to_string(from->number(0, 0));
  auto to = session.exec(fmt::format(last_sql, most), {position});
  if (!to) return to.error();
  const auto last = to->number(0, 0);
  if (last == 0) return std::int64_t{0};
  if (auto r = session.exec(add_sql, {position, std::to_string(last)}); !r) return r.error();
  if (auto r = session.exec(move_sql, {std::to_string(last)}); !r) return r.error();
  // Of what was pruned meanwhile there is nothing to count: positions may jump, rows do not.
  return last - from->number(0, 0);
}

}  // namespace

result<std::vector<journal_count>> journal_counts(pg::session& session, timestamp since,
                                                  timestamp before, std::chrono::minutes step) {
  if (step < std::chrono::minutes{1}) return bad("/step", "a step is a minute or longer");
  if (since >= before || since < timestamp{})
    return bad("/since", "the time has to begin before it ends, and not before 1970");
  if ((before - since) / step > most_journal_steps) {
    return bad("/step", fmt::format("the time has more than {} steps of {} min; take longer ones",
                                    most_journal_steps, step.count()));
  }
  const auto whole = std::chrono::duration_cast<timestamp::duration>(step);
  const timestamp from{(since.time_since_epoch() / whole) * whole};
  const timestamp to{((before.time_since_epoch() + whole - timestamp::duration{1}) / whole) *
                     whole};
  auto r =
      session.exec(counts_sql, {to_rfc3339(from), to_rfc3339(to), std::to_string(step.count())});
  if (!r) return r.error();
  std::vector<journal_count> all;
  for (int i = 0; i < r->size(); ++i) {
    all.push_back({.from = r->time(i, 0),
                   .batches = r->number(i, 1),
                   .stored = r->number(i, 2),
                   .duplicate = r->number(i, 3),
                   .dead_lettered = r->number(i, 4)});
  }
  return all;
}

result<std::int64_t> sum_up_journal(pg::session& session, std::int64_t most) {
  if (auto r = session.exec("BEGIN"); !r) return r.error();
  auto done = sum_up(session, most);
  const auto end = session.exec(done ? "COMMIT" : "ROLLBACK");
  if (done && !end) return end.error();
  return done;
}

}  // namespace td
