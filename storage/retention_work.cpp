#include "storage/retention_work.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "storage/day_rewrite.hpp"
#include "storage/retention_sql.hpp"

namespace td {
namespace {

namespace sql = retention_sql;
using std::chrono::days;
using std::chrono::sys_days;

// A day is rewritten when at least one in so many of its events goes; else its rows are erased,
// because a copy of nearly everything costs more than the space is worth.
constexpr std::uint64_t rewrite_from_one_in = 5;
constexpr std::int64_t pages_per_step = 1000;  // 8 MB

std::uint64_t count_of(const pg::rows& r, int row, int column) {
  return static_cast<std::uint64_t>(r.number(row, column));
}

std::string midnight(sys_days day) {
  return to_rfc3339(timestamp{day});
}

std::string date_of(sys_days day) {
  return midnight(day).substr(0, 10);
}

retention_way way_for(std::uint64_t expired, std::uint64_t kept) {
  return expired * rewrite_from_one_in >= expired + kept ? retention_way::rewrite
                                                         : retention_way::erase;
}

}  // namespace

result<std::vector<retention_policy>> load_policies(pg::session& session) {
  auto r = session.exec(sql::policies);
  if (!r) return r.error();
  std::vector<retention_policy> all;
  for (int i = 0; i < r->size(); ++i) {
    all.push_back({.what = retained_named(r->text(i, 0)).value(),
                   .topic_prefix = std::string{r->text(i, 1)},
                   .kind = std::string{r->text(i, 2)},
                   .keep_days = static_cast<std::int32_t>(r->number(i, 3)),
                   .changed_at = r->time(i, 4),
                   .changed_by = std::string{r->text(i, 5)}});
  }
  return all;
}

// -- which days ---

/// Days that every policy lets go.
result<std::vector<day_table>> retention_work::whole_days() {
  return day_tables(session_, std::chrono::year{1} / 1 / 1, today_ - rules_.longest_kept());
}

/// Days that some policies let go and others keep.
result<std::vector<day_table>> retention_work::mixed_days() {
  auto all = day_tables(session_, today_ - rules_.longest_kept(), today_ - rules_.shortest_kept());
  if (all) std::erase_if(*all, [](const auto& d) { return !d.attached || d.half_detached; });
  return all;
}

std::string retention_work::expired_on(const day_table& day) const {
  return rules_.expired_sql(today_ - day.day);
}

result<retention_work::day_count> retention_work::count(const day_table& day,
                                                        const std::string& expired) {
  auto r = session_.exec(fmt::format(sql::count_day, day.name, expired));
  if (!r) return r.error();
  return day_count{count_of(*r, 0, 0), count_of(*r, 0, 1), count_of(*r, 0, 2)};
}

// -- what would go ---

result<retention_plan> retention_work::plan() {
  retention_plan plan;
  if (auto r = plan_whole(plan); !r) return r.error();
  if (auto r = plan_mixed(plan); !r) return r.error();
  if (auto r = plan_dead_letters(plan); !r) return r.error();
  return plan;
}

result<void> retention_work::plan_whole(retention_plan& plan) {
  const auto all = whole_days();
  if (!all) return all.error();
  for (const auto& day : *all) {
    if (!day.attached && !day.to_be_dropped) continue;
    const auto n = count(day, "true");
    if (!n) return n.error();
    plan.events.push_back(
        {.day = day.day, .way = retention_way::drop, .events = n->expired, .bytes = n->bytes});
  }
  return ok();
}

result<void> retention_work::plan_mixed(retention_plan& plan) {
  const auto all = mixed_days();
  if (!all) return all.error();
  for (const auto& day : *all) {
    const auto expired = expired_on(day);
    const auto n = count(day, expired);
    if (!n) return n.error();
    if (n->expired == 0) continue;
    auto r = session_.exec(
        fmt::format(sql::count_by_policy, day.name, expired, rules_.policy_sql(retained::events)));
    if (!r) return r.error();
    const auto way = way_for(n->expired, n->kept);
    for (int i = 0; i < r->size(); ++i) {
      const auto events = count_of(*r, i, 1);
      const auto share = static_cast<double>(events) / static_cast<double>(n->expired + n->kept);
      const bool given_back = way == retention_way::rewrite;
      plan.events.push_back(
          {.day = day.day,
           .way = way,
           .policy = static_cast<std::int32_t>(r->number(i, 0)),
           .events = events,
           .bytes =
               given_back ? static_cast<std::uint64_t>(share * static_cast<double>(n->bytes)) : 0,
           .estimated = given_back});
    }
  }
  return ok();
}

result<void> retention_work::plan_dead_letters(retention_plan& plan) {
  auto r =
      session_.exec(fmt::format(sql::count_dead_letters, rules_.policy_sql(retained::dead_letters),
                                rules_.dead_letter_expired_sql(now_)));
  if (!r) return r.error();
  for (int i = 0; i < r->size(); ++i) {
    plan.dead_letters.push_back(
        {.policy = static_cast<std::int32_t>(r->number(i, 0)), .events = count_of(*r, i, 1)});
  }
  return ok();
}

// -- what goes ---

result<retention_run> retention_work::apply(std::string_view actor) {
  run_ = {.actor = std::string{actor}};
  auto done = remove_copies(session_);
  if (done) done = take_whole();
  if (done) done = take_mixed();
  if (done) done = take_dead_letters();
  if (!done) {
    run_.error = to_string(done.error());
    if (session_.is_open()) static_cast<void>(note_run(true));
    return done.error();
  }
  if (run_.did_something()) {
    if (auto r = note_run(true); !r) return r.error();
  }
  return run_;
}

/// Who is in the way of one day is in the way of it only for now.
result<void> retention_work::in_the_way(const day_table& day, const result<void>& done) {
  if (done || done.error().code != errc::database_busy) return done;
  if (!run_.error.empty()) run_.error += "; ";
  run_.error += fmt::format("{} is left for the next run: {}", day.name, done.error().detail);
  return ok();
}

result<void> retention_work::take_whole() {
  const auto all = whole_days();
  if (!all) return all.error();
  for (const auto& day : *all) {
    if (!day.attached && !day.to_be_dropped) continue;
    const auto n = count(day, "true");
    if (!n) return n.error();
    const auto dropped = drop_day(session_, day);
    if (!dropped) {
      // It would be in the way of the others as well, each for a few lock time-outs.
      return in_the_way(day, dropped.error());
    }
    if (!*dropped) continue;
    ++run_.days_dropped;
    run_.events += n->expired;
    run_.bytes += n->bytes;
    if (auto r = note_run(false); !r) return r;
  }
  if (auto r = session_.exec(sql::forget_swept, {date_of(today_ - rules_.longest_kept())}); !r)
    return r.error();
  return ok();
}

result<void> retention_work::take_mixed() {
  const auto all = mixed_days();
  if (!all) return all.error();
  if (all->empty()) return ok();
  auto position = session_.exec(sql::journal_position);
  if (!position) return position.error();
  const auto todo = unswept(*all, position->number(0, 0));
  if (!todo) return todo.error();
  std::vector<std::string> left;
  for (const auto& day : *todo) {
    const auto busy_before = run_.error.size();
    if (auto r = in_the_way(day, sweep(day)); !r) return r;
    if (run_.error.size() > busy_before) left.push_back(day.name);
  }
  // Everything that was looked at is clean up to where the journal stood when this began.
  for (const auto& day : *all) {
    if (std::find(left.begin(), left.end(), day.name) != left.end()) continue;
    auto marked = session_.exec(
        sql::mark_swept, {date_of(day.day), expired_on(day), std::string{position->text(0, 0)}});
    if (!marked) return marked.error();
  }
  return ok();
}

/// The days whose rules have changed since they were swept, or that late events have reached.
result<std::vector<day_table>> retention_work::unswept(const std::vector<day_table>& all,
                                                       std::int64_t position) {
  auto marks = session_.exec(sql::swept_days);
  if (!marks) return marks.error();
  std::map<sys_days, std::string> clean;
  auto oldest = position;
  for (int i = 0; i < marks->size(); ++i) {
    clean.emplace(sys_days{days{marks->number(i, 0)}}, marks->text(i, 1));
    oldest = std::min(oldest, marks->number(i, 2));
  }
  auto late = session_.exec(sql::late_days,
                            {std::to_string(oldest), midnight(today_ - rules_.shortest_kept())});
  if (!late) return late.error();
  std::vector<day_table> todo;
  for (const auto& day : all) {
    const auto mark = clean.find(day.day);
    bool dirty = mark == clean.end() || mark->second != expired_on(day);
    for (int i = 0; i < late->size() && !dirty; ++i) {
      const auto n = day.day.time_since_epoch().count();
      dirty = late->number(i, 0) <= n && n <= late->number(i, 1);
    }
    if (dirty) todo.push_back(day);
  }
  return todo;
}

result<void> retention_work::sweep(const day_table& day) {
  const auto expired = expired_on(day);
  const auto n = count(day, expired);
  if (!n) return n.error();
  if (n->expired == 0) return ok();
  if (way_for(n->expired, n->kept) == retention_way::erase) return erase(day, expired);
  const auto done = rewrite_day(session_, day, expired);
  if (!done) return done.error();
  run_.events += done->events;
  run_.bytes += done->bytes;
  return note_run(false);
}

result<void> retention_work::erase(const day_table& day, const std::string& expired) {
  auto pages = session_.exec(fmt::format(sql::pages, day.name));
  if (!pages) return pages.error();
  for (std::int64_t page = 0; page < pages->number(0, 0); page += pages_per_step) {
    auto r = session_.exec(
        fmt::format(sql::erase_pages, day.name, page, page + pages_per_step, expired));
    if (!r) return r.error();
    if (r->affected() == 0) continue;
    run_.events += r->affected();
    if (auto noted = note_run(false); !noted) return noted;
  }
  return ok();
}

// -- dead letters ---

result<void> retention_work::take_dead_letters() {
  const auto statement = fmt::format(sql::drop_dead_letters, rules_.dead_letter_expired_sql(now_));
  const auto bound = to_rfc3339(rules_.dead_letters_kept_from(now_));
  for (std::string time = "-infinity", hash = "\\x";;) {
    auto r = session_.exec(statement, {bound, time, hash});
    if (!r) return r.error();
    if (r->size() == 0) return ok();
    run_.dead_letters += count_of(*r, 0, 0);
    time = r->text(0, 1);
    hash = r->text(0, 2);
    if (auto noted = note_run(false); !noted) return noted;
  }
}

// -- the book of runs ---

result<void> retention_work::begin_run() {
  auto r = session_.exec(sql::begin_run, {run_.actor});
  if (!r) return r.error();
  run_.id = r->number(0, 0);
  run_.started_at = r->time(0, 1);
  return ok();
}

result<void> retention_work::note_run(bool finished) {
  if (run_.id == 0) {
    if (auto r = begin_run(); !r) return r;
  }
  auto r = session_.exec(sql::note_run,
                         {std::to_string(run_.id), std::to_string(run_.days_dropped),
                          std::to_string(run_.events), std::to_string(run_.dead_letters),
                          std::to_string(run_.bytes), run_.error, finished ? "true" : "false"});
  if (!r) return r.error();
  if (!finished) return ok();
  run_.finished_at = r->time(0, 0);
  if (auto old = session_.exec(sql::forget_runs, {std::to_string(run_.id)}); !old)
    return old.error();
  return ok();
}

}  // namespace td
