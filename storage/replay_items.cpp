#include "storage/replay_items.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "storage/bytea.hpp"
#include "storage/event_sql.hpp"
#include "storage/pg_array.hpp"
#include "storage/replay_sql.hpp"

namespace td {

namespace {

namespace sql = replay_sql;

constexpr int batches_per_look = 64;
constexpr std::int64_t most_bytes = 8 << 20;  // of one stretch, but for a single larger letter
constexpr std::int32_t whole_batch = std::numeric_limits<std::int32_t>::max();

pg::session::param time_param(const std::optional<timestamp>& t) {
  return t ? pg::session::param{to_rfc3339(*t)} : std::nullopt;
}

/// A place in the journal: "position:batch_index", everything up to it is settled.
struct journal_place {
  std::int64_t position{};
  std::int32_t batch_index{whole_batch};

  static journal_place from(std::string_view text) {
    journal_place p;
    const auto colon = std::min(text.find(':'), text.size());
    std::from_chars(text.data(), text.data() + colon, p.position);
    if (colon < text.size())
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), p.batch_index);
    return p;
  }
  std::string text() const { return fmt::format("{}:{}", position, batch_index); }
};

// -- dead letters ---

result<pg::rows> exec_letters(pg::session& session, const replay_job& job,
                              const std::string& statement) {
  const auto& q = job.request;
  const auto& f = q.filter;
  pg::session::param consumer, ids;
  if (!f.ids.empty()) {
    pg_array hashes;
    for (const auto& id : f.ids)
      hashes.add("\\x" + id);
    ids = hashes.text();
  }
  if (q.target == replay_target::consumer) consumer = q.consumer;
  return session.exec(statement,
                      {job.cursor, consumer, to_rfc3339(job.created_at), time_param(f.from),
                       time_param(f.to), f.topic_prefix, f.kind, f.fingerprint, ids});
}

/// First how large they are, then as many as fit the budget, at least one.
result<replay_stretch> read_letters(pg::session& session, const replay_job& job, std::size_t most) {
  auto keys = exec_letters(session, job, fmt::format(sql::letters, sql::from_letters, most));
  if (!keys) return keys.error();
  replay_stretch out{.cursor = job.cursor};
  pg_array hashes;
  std::int64_t bytes = 0;
  int taken = 0;
  for (; taken < keys->size(); ++taken) {
    bytes += keys->number(taken, 1);
    if (taken > 0 && bytes > most_bytes) break;
    out.cursor = keys->text(taken, 0);
    hashes.add("\\x" + out.cursor);
  }
  out.more = taken < keys->size() || static_cast<std::size_t>(keys->size()) == most;
  if (taken == 0) return out;
  auto r = session.exec(sql::letter_bodies, {hashes.text()});
  if (!r) return r.error();
  for (int i = 0; i < r->size(); ++i) {
    replay_item item{.key = std::string{r->text(i, 0)}, .topic = std::string{r->text(i, 1)}};
    from_bytea(r->text(i, 2), item.body);
    item.digest = r->text(i, 3);
    out.items.push_back(std::move(item));
  }
  return out;
}

// -- the mirror ---

result<pg::rows> exec_events(pg::session& session, const replay_job& job,
                             const journal_place& after, const std::string& statement) {
  const auto& f = job.request.filter;
  return session.exec(statement, {to_rfc3339(job.created_at), std::to_string(after.position),
                                  std::to_string(after.batch_index), time_param(f.from),
                                  time_param(f.to), f.topic_prefix, f.kind, pg_array_of(f.ids)});
}

/// The condition that names the next batches with at least `most` events, and where they end.
result<std::string> choose_batches(pg::session& session, const replay_job& job,
                                   const journal_place& after, std::size_t most,
                                   journal_place& reached) {
  const auto& f = job.request.filter;
  auto r = session.exec(fmt::format(sql::batches, batches_per_look),
                        {std::to_string(after.position), to_rfc3339(job.created_at),
                         time_param(f.from), time_param(f.to)});
  if (!r) return r.error();
  std::string ids, first, last;
  std::int64_t low = 0, events = 0;
  for (int i = 0; i < r->size() && events < static_cast<std::int64_t>(most); ++i) {
    const auto position = r->number(i, 0);
    if (position == after.position && after.batch_index == whole_batch) continue;
    if (low == 0) low = position;
    reached = {position, whole_batch};
    events += r->number(i, 2);
    ids += (ids.empty() ? "" : ",") + std::string{r->text(i, 1)};
    // Text of one form and zone: order of time is order of text within the years 1 to 9999.
    first =
        first.empty() ? std::string{r->text(i, 3)} : std::min(first, std::string{r->text(i, 3)});
    last = std::max(last, std::string{r->text(i, 4)});
  }
  if (ids.empty()) return std::string{};
  return fmt::format(sql::in_batches, low, reached.position, ids, first, last);
}

result<replay_stretch> read_events(pg::session& session, const replay_job& job, std::size_t most) {
  const auto after = journal_place::from(job.cursor);
  replay_stretch out{.cursor = job.cursor};
  std::string which;
  auto reached = after;
  if (job.request.filter.ids.empty()) {
    auto batches = choose_batches(session, job, after, most, reached);
    if (!batches) return batches.error();
    if (batches->empty()) return out;
    which = *batches;
    out.more = true;
  }
  auto r = exec_events(session, job, after,
                       fmt::format(sql::events, envelope_sql, sql::from_events + which, most));
  if (!r) return r.error();
  for (int i = 0; i < r->size(); ++i) {
    out.items.push_back({.key = std::string{r->text(i, 2)},
                         .topic = std::string{r->text(i, 3)},
                         .body = std::string{r->text(i, 4)}});
  }
  const int last = r->size() - 1;
  // Named events come without their batches; of others there may be more in the last batch.
  if (last >= 0 && (out.items.size() == most || !job.request.filter.ids.empty())) {
    reached = {r->number(last, 0), static_cast<std::int32_t>(r->number(last, 1))};
    out.more |= out.items.size() == most;
  }
  out.cursor = reached.text();
  return out;
}

}  // namespace

result<std::uint64_t> count_matching(pg::session& session, const replay_job& job) {
  auto r = job.request.source == replay_source::dead_letters
               ? exec_letters(session, job, fmt::format("SELECT count(*) {}", sql::from_letters))
               : exec_events(session, job, journal_place::from(job.cursor),
                             fmt::format("SELECT count(*) {}", sql::from_events));
  if (!r) return r.error();
  return static_cast<std::uint64_t>(r->number(0, 0));
}

result<replay_stretch> read_stretch(pg::session& session, const replay_job& job, std::size_t most) {
  return job.request.source == replay_source::dead_letters ? read_letters(session, job, most)
                                                           : read_events(session, job, most);
}

}  // namespace td
