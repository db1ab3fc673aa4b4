#include "storage/replay_store.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "pipeline/fault_point.hpp"
#include "pipeline/text.hpp"
#include "storage/dead_letter_filter.hpp"
#include "storage/dead_letter_rows.hpp"
#include "storage/locks.hpp"
#include "storage/pg.hpp"
#include "storage/pg_array.hpp"
#include "storage/replay_items.hpp"
#include "storage/replay_json.hpp"
#include "storage/replay_sql.hpp"
#include "storage/sha256.hpp"

namespace td {

namespace {

namespace sql = replay_sql;

constexpr std::array<std::string_view, 2> source_names{"dead_letters", "mirror"};
constexpr std::array<std::string_view, 2> target_names{"pipeline", "consumer"};
constexpr std::array<std::string_view, 6> state_names{"waiting", "running",   "paused",
                                                      "done",    "cancelled", "failed"};

// Counting what matches may read all there is.
constexpr std::chrono::minutes count_timeout{2};
// A step looks for its items in all there is when few match.
constexpr std::chrono::minutes step_timeout{5};

template <class Enum, std::size_t N>
Enum named(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

replay_job job_from(const pg::rows& r, int i) {
  replay_job job{.id = r.number(i, 0)};
  auto filter = replay_filter_from(r.text(i, 4));
  job.is_readable = filter.has_value();
  job.request = {.source = named<replay_source>(source_names, r.text(i, 1)),
                 .target = named<replay_target>(target_names, r.text(i, 2)),
                 .consumer = std::string{r.text(i, 3)},
                 .filter = filter ? *std::move(filter) : replay_filter{},
                 .dry_run = r.truth(i, 5),
                 .rate = static_cast<std::uint32_t>(r.number(i, 6))};
  job.state = named<replay_state>(state_names, r.text(i, 7));
  job.cursor = r.text(i, 8);
  if (!r.is_null(i, 9)) job.total = static_cast<std::uint64_t>(r.number(i, 9));
  job.passed = static_cast<std::uint64_t>(r.number(i, 10));
  job.duplicate = static_cast<std::uint64_t>(r.number(i, 11));
  job.refused = static_cast<std::uint64_t>(r.number(i, 12));
  job.reasons = replay_reasons_from(r.text(i, 13));
  job.error = r.text(i, 14);
  job.created_at = r.time(i, 15);
  job.created_by = r.text(i, 16);
  if (!r.is_null(i, 17)) job.started_at = r.time(i, 17);
  if (!r.is_null(i, 18)) job.finished_at = r.time(i, 18);
  return job;
}

failure no_job(std::int64_t id) {
  return {errc::not_found, fmt::format("there is no replay job {}", id)};
}

/// What can't be meant, before anything is written.
std::optional<failure> contradiction(const replay_request& r) {
  const auto wrong = [](std::string detail) {
    return failure{errc::configuration_invalid, std::move(detail)};
  };
  const auto& f = r.filter;
  if (r.target == replay_target::consumer && r.consumer.empty())
    return wrong("the target is a consumer, but none is named");
  if (f.from && f.to && *f.from >= *f.to) return wrong("the time range ends before it begins");
  if (r.source == replay_source::mirror && !f.fingerprint.empty())
    return wrong("stored events have no fingerprint; dead letters do");
  const bool mirror = r.source == replay_source::mirror;
  for (const auto& id : f.ids) {
    if (mirror ? parse_uuid(id).has_value() : is_dead_letter_id(id) && id.size() == 64) continue;
    return wrong(fmt::format(
        "{} is no {}", quoted(id),
        mirror ? "event id (a UUID)" : "dead letter's whole id (64 hex digits, lower case)"));
  }
  return std::nullopt;
}

class pg_replay_store final : public replay_store {
 public:
  explicit pg_replay_store(database_options options) : options_{std::move(options)} {}
  explicit pg_replay_store(pg::session& lent) : session_{lent} {}

  result<void> reconnect() override {
    if (&session_ != &own_) return pg::not_ours_to_reopen();
    leads_ = false;
    if (auto r = session_.reopen(options_); !r) return r;
    return session_.set_statement_timeout(step_timeout);
  }

  // -- for people ---

  result<std::int64_t> create(const replay_request& q, std::string_view who) override {
    if (auto why = contradiction(q)) return *why;
    pg::session::param consumer;
    if (q.target == replay_target::consumer) {
      consumer = q.consumer;
      auto there = session_.exec(sql::has_consumer, {q.consumer});
      if (!there) return there.error();
      if (!there->truth(0, 0))
        return failure{errc::not_found, "there is no consumer " + q.consumer};
    }
    pg::session::param rate;
    if (q.rate > 0) rate = std::to_string(q.rate);
    auto r = session_.exec(
        sql::create, {std::string{name_of(q.source)}, std::string{name_of(q.target)}, consumer,
                      to_json(q.filter), q.dry_run ? "true" : "false", rate, std::string{who}});
    if (!r) return r.error();
    return r->number(0, 0);
  }

  result<replay_job> find(std::int64_t id) override {
    auto r = session_.exec(fmt::format(sql::find, sql::columns), {std::to_string(id)});
    if (!r) return r.error();
    if (r->size() == 0) return no_job(id);
    return job_from(*r, 0);
  }

  result<std::vector<replay_job>> list(std::size_t most) override {
    auto r = session_.exec(fmt::format(sql::list, sql::columns, most));
    if (!r) return r.error();
    std::vector<replay_job> jobs;
    for (int i = 0; i < r->size(); ++i)
      jobs.push_back(job_from(*r, i));
    return jobs;
  }

  result<std::vector<replay_event>> audit(std::int64_t id) override {
    auto r = session_.exec(sql::audit, {std::to_string(id)});
    if (!r) return r.error();
    std::vector<replay_event> all;
    for (int i = 0; i < r->size(); ++i) {
      all.push_back({r->time(i, 0), std::string{r->text(i, 1)}, std::string{r->text(i, 2)},
                     std::string{r->text(i, 3)}});
    }
    return all;
  }

  result<void> pause(std::int64_t id, std::string_view who) override {
    return change(id, replay_state::paused, "", "'waiting', 'running'", who, "paused", "");
  }
  // Waiting, not running: whoever leads starts it again.
  result<void> resume(std::int64_t id, std::string_view who) override {
    return change(id, replay_state::waiting, "", "'paused'", who, "resumed", "");
  }
  result<void> cancel(std::int64_t id, std::string_view who) override {
    return change(id, replay_state::cancelled, ", finished_at = now()",
                  "'waiting', 'running', 'paused'", who, "cancelled", "");
  }

  result<bool> is_served() override {
    auto r = session_.exec(fmt::format(sql::is_served, number_of(lock_class::replay)));
    if (!r) return r.error();
    return r->truth(0, 0);
  }

  // -- for the node that runs them ---

  result<bool> lead() override {
    if (leads_ && session_.is_open()) return true;
    auto r = session_.exec("SELECT " + lock_call("pg_try_advisory_lock", lock_class::replay));
    if (!r) return r.error();
    leads_ = r->truth(0, 0);
    return leads_;
  }

  result<std::optional<replay_job>> next_job(std::string_view who) override {
    auto r = session_.exec(fmt::format(sql::next, sql::columns));
    if (!r) return r.error();
    if (r->size() == 0) return std::optional<replay_job>{};
    auto job = job_from(*r, 0);
    if (job.state == replay_state::running) return std::optional{std::move(job)};
    if (!job.total) {
      auto total = count(job);
      if (!total) return total.error();
      job.total = *total;
    }
    const auto total = job.total ? std::to_string(*job.total) : std::string{"NULL"};
    const auto words = job.total ? total + " match" : std::string{"too many to count in time"};
    auto started =
        change(job.id, replay_state::running,
               fmt::format(", started_at = coalesce(started_at, now()), total = {}", total),
               "'waiting'", who, "started", words);
    if (!started && started.error().code == errc::conflict) return std::optional<replay_job>{};
    if (!started) return started.error();
    fault_point("replay.started");
    return std::optional{std::move(job)};
  }

  result<replay_stretch> read(const replay_job& job, std::size_t most) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    // Never more than was asked for.
    if (!job.is_readable)
      return failure{errc::configuration_invalid, "this program can't read the job's filter"};
    return read_stretch(session_, job, most);
  }

  result<std::vector<presence>> look_up(std::span<const expected_event> events) override {
    std::vector<presence> all;
    if (events.empty()) return all;
    pg_array ids, times, kinds, sources, payloads;
    auto first = events.front().occurred_at;
    auto last = first;
    for (const auto& e : events) {
      ids.add(to_string(e.event_id));
      times.add(to_rfc3339(e.occurred_at));
      kinds.add(e.kind);
      sources.add(e.source);
      payloads.add(e.payload);
      first = std::min(first, e.occurred_at);
      last = std::max(last, e.occurred_at);
    }
    auto r =
        session_.exec(fmt::format(sql::look_up, to_rfc3339(first), to_rfc3339(last)),
                      {ids.text(), times.text(), kinds.text(), sources.text(), payloads.text()});
    if (!r) return r.error();
    for (int i = 0; i < r->size(); ++i) {
      all.push_back(!r->truth(i, 0)  ? presence::absent
                    : r->truth(i, 1) ? presence::same
                                     : presence::different);
    }
    return all;
  }

  result<settled> settle(const replay_job& job, const replay_stretch& stretch,
                         const replay_outcome& outcome, std::string_view who) override {
    if (!leads_ || !session_.is_open()) return not_mine();
    if (auto r = session_.exec("BEGIN"); !r) return r.error();
    auto done = settle_within(job, stretch, outcome, who);
    if (!done && session_.is_open()) (void)session_.exec("ROLLBACK");
    if (done) fault_point("replay.marked");
    return done;
  }

  result<std::vector<bool>> ordered(const std::string& consumer,
                                    std::span<const std::string> envelopes) override {
    std::vector<bool> all;
    for (const auto& envelope : envelopes) {
      auto r = session_.exec(sql::is_ordered, {consumer, envelope});
      if (!r) return r.error();
      all.push_back(r->truth(0, 0));
    }
    return all;
  }

  result<void> finish(std::int64_t id, const std::optional<failure>& why,
                      std::string_view who) override {
    fault_point("replay.finishing");
    auto done = why ? change(id, replay_state::failed, ", finished_at = now(), error = $5",
                             "'running'", who, "failed", to_string(*why))
                    : change(id, replay_state::done, ", finished_at = now()", "'running'", who,
                             "finished", "");
    if (!done && done.error().code == errc::conflict) return ok();
    return done;
  }

 private:
  static failure not_mine() { return {errc::lease_lost, "another node runs the replay jobs"}; }

  result<void> change(std::int64_t id, replay_state to, const std::string& more, const char* from,
                      std::string_view who, const char* action, const std::string& detail) {
    auto r = session_.exec(
        fmt::format(sql::change, more, from),
        {std::to_string(id), std::string{name_of(to)}, std::string{who}, action, detail});
    if (!r) return r.error();
    if (r->affected() == 1) return ok();
    const auto job = find(id);
    if (!job) return job.error();
    return failure{errc::conflict, fmt::format("replay job {} is {}", id, name_of(job->state))};
  }

  /// Absent when counting takes too long: the job runs without a total, then.
  result<std::optional<std::uint64_t>> count(const replay_job& job) {
    if (auto r = session_.set_statement_timeout(count_timeout); !r) return r.error();
    const auto total = count_matching(session_, job);
    if (!session_.is_open()) return total.error();
    if (auto r = session_.set_statement_timeout(step_timeout); !r) return r.error();
    if (total) return std::optional{*total};
    if (total.error().code == errc::timed_out) return std::optional<std::uint64_t>{};
    return total.error();
  }

  // -- settling ---

  result<settled> settle_within(const replay_job& job, const replay_stretch& stretch,
                                const replay_outcome& outcome, std::string_view who) {
    const auto& q = job.request;
    settled n{outcome.passed.size(), outcome.duplicate.size(), outcome.refused.size()};
    if (q.target == replay_target::consumer && !q.dry_run) {
      auto ordered = order_deliveries(job, stretch, outcome);
      if (!ordered) return ordered.error();
      n.duplicate += n.passed - *ordered;
      n.passed = *ordered;
    }
    if (q.source == replay_source::dead_letters && !q.dry_run) {
      if (auto r = mark_letters(job, stretch, outcome, who); !r) return r.error();
    }
    auto reasons = job.reasons;
    add_reasons(reasons, stretch, outcome);
    auto moved =
        session_.exec(sql::progress, {std::to_string(job.id), stretch.cursor,
                                      std::to_string(n.passed), std::to_string(n.duplicate),
                                      std::to_string(n.refused), to_json(reasons), job.cursor});
    if (!moved) return moved.error();
    if (moved->affected() != 1) return not_mine();
    fault_point("replay.marking");
    if (auto r = session_.exec("COMMIT"); !r) return r.error();
    return n;
  }

  result<std::size_t> order_deliveries(const replay_job& job, const replay_stretch& stretch,
                                       const replay_outcome& outcome) {
    auto there = session_.exec(sql::has_consumer, {job.request.consumer});
    if (!there) return there.error();
    if (!there->truth(0, 0))
      return failure{errc::not_found, "there is no consumer " + job.request.consumer};
    std::size_t ordered = 0;
    for (const auto i : outcome.passed) {
      const auto& item = stretch.items[i];
      auto r = session_.exec(sql::order_delivery,
                             {job.request.consumer, item.topic, item.body, std::to_string(job.id)});
      if (!r) return r.error();
      ordered += r->affected();
    }
    return ordered;
  }

  result<void> mark_letters(const replay_job& job, const replay_stretch& stretch,
                            const replay_outcome& outcome, std::string_view who) {
    pg_array hashes, digests;
    for (const auto* list : {&outcome.passed, &outcome.duplicate}) {
      for (const auto i : *list) {
        hashes.add("\\x" + stretch.items[i].key);
        digests.add(stretch.items[i].digest);
      }
    }
    const auto id = std::to_string(job.id);
    const auto target = job.request.target == replay_target::pipeline ? std::string{"the pipeline"}
                                                                      : job.request.consumer;
    if (auto r = session_.exec(
            sql::mark, {hashes.text(), std::string{who}, "to " + target, id, digests.text()});
        !r) {
      return r.error();
    }
    sha256 hasher;
    for (const auto& refusal : outcome.refused) {
      const auto& why = refusal.why;
      auto r = session_.exec(
          sql::mark_refused,
          {stretch.items[refusal.index].key, std::string{refusal.stage},
           std::string{name_of(why.code)}, storable_text(why.detail, 4096),
           storable_text(why.pointer, 4096),
           fingerprint_of(hasher, {refusal.stage, why.code, refusal.about, why.pointer}),
           std::to_string(refusal.schema_version), std::string{who}, id,
           stretch.items[refusal.index].digest});
      if (!r) return r.error();
    }
    return ok();
  }

  database_options options_;
  pg::session own_{};
  pg::session& session_{own_};
  bool leads_{};
};

}  // namespace

std::string_view name_of(replay_source s) noexcept {
  return source_names[static_cast<std::size_t>(s)];
}
std::string_view name_of(replay_target t) noexcept {
  return target_names[static_cast<std::size_t>(t)];
}
std::string_view name_of(replay_state s) noexcept {
  return state_names[static_cast<std::size_t>(s)];
}

result<std::unique_ptr<replay_store>> open_replay_store(const database_options& options) {
  auto store = std::make_unique<pg_replay_store>(options);
  if (auto r = store->reconnect(); !r) return r.error();
  return std::unique_ptr<replay_store>{std::move(store)};
}

std::unique_ptr<replay_store> replay_store_on(pg::session& session) {
  return std::make_unique<pg_replay_store>(session);
}

}  // namespace td
