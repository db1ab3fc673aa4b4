#include "storage/event_search.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "storage/event_place.hpp"
#include "storage/event_rows.hpp"
#include "storage/event_search_sql.hpp"
#include "storage/partitions.hpp"
#include "storage/pg.hpp"

namespace td {
namespace {

namespace sql = event_search_sql;
using std::chrono::days;
using std::chrono::sys_days;
using steady = std::chrono::steady_clock;

constexpr std::int32_t whole_batch = std::numeric_limits<std::int32_t>::max();
// A look at the journal goes through so many positions of its index at most, some milliseconds;
// and reads batches until they hold so many events, some ten milliseconds of bitmap scan.
constexpr std::int64_t positions_a_look = 50'000;
constexpr int batches_a_look = 256;
// A range of so many batch ids at most, whatever of it is wanted.
constexpr std::int64_t batch_ids_a_look = 4096;
constexpr std::int64_t events_a_look = 20'000;
constexpr const char* always = "infinity";

failure bad(const char* member, std::string detail) {
  return {errc::configuration_invalid, std::move(detail), member};
}

std::string like_prefix(std::string_view prefix) {
  std::string pattern;
  for (const char c : prefix) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

std::string text_of(const std::optional<timestamp>& t) {
  return t ? to_rfc3339(*t) : always;
}

/// The conditions of a filter, but for the bounds of time, and their parameters.
class conditions {
 public:
  explicit conditions(const event_filter& filter) {
    // Of the index's collation, so that it serves; the same result in any.
    if (!filter.topic_prefix.empty())
      add("m.topic COLLATE \"C\" LIKE ${}", like_prefix(filter.topic_prefix));
    if (!filter.kind.empty()) add("m.kind = ${}", filter.kind);
    if (!filter.source.empty()) add("m.source = ${}", filter.source);
    if (!filter.containing.empty()) add("m.payload @> ${}::jsonb", filter.containing);
  }

  void add(const char* condition, std::string value) {
    params_.emplace_back(std::move(value));
    text_ += " AND " + fmt::format(fmt::runtime(condition), params_.size());
  }

  const std::string& text() const noexcept { return text_; }
  const std::vector<pg::session::param>& params() const noexcept { return params_; }

 private:
  std::string text_;
  std::vector<pg::session::param> params_;
};

/// One page.
class search {
 public:
  search(pg::session& session, const event_query& query)
      : session_{session},
        query_{query},
        newest_first_{query.order == search_order::newest_first},
        deadline_{steady::now() + query.patience} {}

  result<event_page> run() {
    if (auto r = check(); !r) return r.error();
    if (auto r = newest_first_ ? journal_then_days() : days_then_journal(); !r) return r.error();
    return std::move(page_);
  }

 private:
  /// Whether there is anything left to do for this page.
  using more = result<bool>;

  result<void> check() {
    if (query_.limit < 1 || query_.limit > most_events_a_page) {
      return bad("/limit", fmt::format("a page has 1 to {} events", most_events_a_page));
    }
    if (!query_.filter.containing.empty()) {
      boost::system::error_code e;
      boost::json::parse(query_.filter.containing, e);
      if (e) return bad("/containing", "this is no JSON: " + e.message());
    }
    if (!query_.from.empty()) {
      from_ = parse_event_place(query_.from);
      if (!from_) return bad("/from", "this is no place of a search; begin without one");
      line_ = from_->line;
      return ok();
    }
    return find_line();
  }

  /// Today, or yesterday while that has no index by time.
  result<void> find_line() {
    auto r = session_.exec(sql::today);
    if (!r) return r.error();
    line_ = sys_days{days{r->number(0, 0)}};
    auto yesterday =
        session_.exec(sql::days, {partition_name(line_ - days{1}), partition_name(line_)});
    if (!yesterday) return yesterday.error();
    if (yesterday->size() > 0 && !yesterday->truth(0, 1)) line_ -= days{1};
    return ok();
  }

  result<void> journal_then_days() {
    if (!from_ || std::holds_alternative<place_in_journal>(from_->at)) {
      auto left = along_the_journal();
      if (!left) return left.error();
      if (!*left) return ok();
      from_.reset();
    }
    const auto left = day_by_day();
    return left ? ok() : result<void>{left.error()};
  }

  result<void> days_then_journal() {
    if (!from_ || std::holds_alternative<place_in_time>(from_->at)) {
      auto left = day_by_day();
      if (!left) return left.error();
      if (!*left) return ok();
      from_.reset();
    }
    const auto left = along_the_journal();
    return left ? ok() : result<void>{left.error()};
  }

  std::size_t room() const noexcept { return query_.limit - page_.events.size(); }
  const char* direction() const noexcept { return newest_first_ ? "DESC" : ""; }

  /// Ends the page before its search is at its end.
  bool cut_at(event_place place, std::optional<timestamp> reached) {
    page_.next = to_string(place);
    page_.cut_short = true;
    page_.reached = reached;
    return false;
  }

  /// The rows' events, with their places; false when the page is full.
  template <class PlaceOf>
  more take(const pg::rows& rows, PlaceOf place_of) {
    for (int i = 0; i < rows.size(); ++i) {
      auto e = found_event_in(rows, i);
      if (!e) return e.error();
      e->place = to_string(event_place{line_, place_of(i, *e)});
      page_.events.push_back(*std::move(e));
    }
    if (room() > 0) return true;
    page_.next = page_.events.back().place;
    return false;
  }

  // -- closed days ---

  more day_by_day() {
    const auto& f = query_.filter;
    const auto begin =
        f.since ? std::chrono::floor<days>(*f.since) : sys_days{std::chrono::year{1} / 1 / 1};
    auto end = line_;
    if (f.before) end = std::min(end, std::chrono::ceil<days>(*f.before));
    if (begin >= end) return true;
    auto r = session_.exec(sql::days, {partition_name(begin), partition_name(end)});
    if (!r) return r.error();
    std::vector<sys_days> all;
    for (int i = 0; i < r->size(); ++i)
      all.emplace_back(days{r->number(i, 0)});
    if (newest_first_) std::reverse(all.begin(), all.end());
    const auto* behind = from_ ? std::get_if<place_in_time>(&from_->at) : nullptr;
    for (const auto day : all) {
      if (behind != nullptr && is_done(day, *behind)) continue;
      if (steady::now() >= deadline_ && !page_.next && looked_)
        return cut_at(edge_of(day), edge(day));
      auto left = one_day(day, behind);
      if (!left || !*left) return left;
      looked_ = true;
    }
    return true;
  }

  /// Whether all of the day is before this place.
  bool is_done(sys_days day, const place_in_time& at) const {
    if (newest_first_) return at.occurred_at < day || at == place_in_time{timestamp{day}, uuid{}};
    const auto end = std::get<place_in_time>(edge_of(day + days{1}).at);
    return at.occurred_at > end.occurred_at || at == end;
  }

  /// The last moment before `day` in the order of the search.
  timestamp edge(sys_days day) const {
    return newest_first_ ? timestamp{day + days{1}} : timestamp{day} - std::chrono::microseconds{1};
  }

  event_place edge_of(sys_days day) const {
    uuid id;
    if (!newest_first_) id.bytes.fill(0xff);
    return {line_, place_in_time{edge(day), id}};
  }

  more one_day(sys_days day, const place_in_time* behind) {
    const auto& f = query_.filter;
    const auto begin = std::max(timestamp{day}, f.since.value_or(timestamp{day}));
    const auto end = std::min(timestamp{day + days{1}}, f.before.value_or(timestamp::max()));
    if (begin >= end) return true;
    conditions where{f};
    std::string from;
    if (behind != nullptr) {
      from =
          fmt::format(" AND (m.occurred_at, m.event_id) {} ('{}', '{}')", newest_first_ ? '<' : '>',
                      to_rfc3339(behind->occurred_at), to_string(behind->event_id));
    }
    auto r = session_.exec(fmt::format(sql::of_day, found_event_columns, to_rfc3339(begin),
                                       to_rfc3339(end), where.text() + from, direction(), room()),
                           where.params());
    if (!r) return r.error();
    return take(*r, [](int, const found_event& e) {
      return place_in_time{e.occurred_at, e.event_id};
    });
  }

  // -- the journal ---

  struct stretch {
    std::int64_t first{};
    std::int64_t last{};
  };

  more along_the_journal() {
    const auto& f = query_.filter;
    if (f.before && *f.before <= line_) return true;
    since_ = std::max(timestamp{line_}, f.since.value_or(timestamp{line_}));
    auto ends = whole_journal();
    if (!ends) return ends.error();
    if (newest_first_) {
      last_ = {place_or(ends->last), from_ ? journal_place().batch_index : whole_batch};
    } else {
      auto first = from_ ? result<std::int64_t>{journal_place().position} : first_of(since_, *ends);
      if (!first) return first.error();
      last_ = {std::max(*first, ends->first), from_ ? journal_place().batch_index : -1};
    }
    while (ends->first <= last_.position && last_.position <= ends->last && ends->first > 0) {
      const stretch s = newest_first_
                            ? stretch{std::max(ends->first, last_.position - positions_a_look + 1),
                                      last_.position}
                            : stretch{last_.position,
                                      std::min(ends->last, last_.position + positions_a_look - 1)};
      auto left = one_look(s);
      if (!left || !*left) return left;
      if (newest_first_) {
        auto at = committed_at(last_.position + 1);
        if (!at) return at.error();
        if (*at && **at + query_.clocks_ahead < since_) return true;
        if (steady::now() >= deadline_ && last_.position >= ends->first)
          return cut_at({line_, place_in_journal{last_.position + 1, 0}}, *at);
      } else if (steady::now() >= deadline_ && last_.position <= ends->last) {
        auto at = committed_at(last_.position - 1);
        if (!at) return at.error();
        return cut_at({line_, place_in_journal{last_.position - 1, whole_batch}}, *at);
      }
    }
    return true;
  }

  place_in_journal journal_place() const { return std::get<place_in_journal>(from_->at); }
  std::int64_t place_or(std::int64_t other) const {
    return from_ ? std::min(journal_place().position, other) : other;
  }

  result<stretch> whole_journal() {
    auto first = session_.exec(sql::oldest_position);
    if (!first) return first.error();
    auto last = session_.exec(sql::newest_position);
    if (!last) return last.error();
    return stretch{first->number(0, 0), last->number(0, 0)};
  }

  result<std::optional<timestamp>> committed_at(std::int64_t position) {
    auto r = session_.exec(sql::committed_at, {std::to_string(position)});
    if (!r) return r.error();
    if (r->size() == 0) return std::optional<timestamp>{};
    return std::optional{r->time(0, 0)};
  }

  /// The first position whose batch may hold events from `t` on: commits are in order of time, as
  /// far as the server's clock is.
  result<std::int64_t> first_of(timestamp t, stretch whole) {
    auto low = whole.first;
    auto high = whole.last;
    while (low < high) {
      const auto middle = low + (high - low) / 2;
      auto at = committed_at(middle);
      if (!at) return at.error();
      if (!*at || **at + query_.clocks_ahead < t) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// Reads some of a stretch and moves `last_` behind what it has read; false when the page is
  /// full.
  more one_look(stretch s) {
    auto r = session_.exec(fmt::format(sql::batches, direction(), batches_a_look),
                           {std::to_string(s.first), std::to_string(s.last), to_rfc3339(since_),
                            text_of(query_.filter.before)});
    if (!r) return r.error();
    stretch ids{std::numeric_limits<std::int64_t>::max(), 0};
    std::int64_t events = 0;
    int taken = 0;
    for (; taken < r->size() && events < events_a_look; ++taken) {
      const auto id = r->number(taken, 1);
      const stretch wider{std::min(ids.first, id), std::max(ids.last, id)};
      if (taken > 0 && wider.last - wider.first >= batch_ids_a_look) break;
      ids = wider;
      events += r->number(taken, 2);
    }
    const bool whole = taken == r->size() && r->size() < batches_a_look;
    const auto end = whole ? (newest_first_ ? s.first : s.last) : r->number(taken - 1, 0);
    if (taken > 0) {
      auto left = events_of(newest_first_ ? stretch{end, s.last} : stretch{s.first, end}, ids);
      if (!left || !*left) return left;
    }
    last_ = newest_first_ ? place_in_journal{end - 1, whole_batch} : place_in_journal{end + 1, -1};
    return true;
  }

  more events_of(stretch s, stretch ids) {
    conditions where{query_.filter};
    const auto from = fmt::format(" AND (b.position, m.batch_index) {} ({}, {})",
                                  newest_first_ ? '<' : '>', last_.position, last_.batch_index);
    auto r =
        session_.exec(fmt::format(sql::of_batches, found_event_columns, s.first, s.last, ids.first,
                                  ids.last, to_rfc3339(since_), text_of(query_.filter.before),
                                  where.text() + from, direction(), room()),
                      where.params());
    if (!r) return r.error();
    return take(*r, [&](int i, const found_event&) {
      return place_in_journal{r->number(i, found_event_width),
                              static_cast<std::int32_t>(r->number(i, found_event_width + 1))};
    });
  }

  pg::session& session_;
  const event_query& query_;
  bool newest_first_;
  steady::time_point deadline_;
  sys_days line_{};
  std::optional<event_place> from_{};
  timestamp since_{};        ///< of what is read along the journal
  place_in_journal last_{};  ///< what was read is before it, in the order of the search
  bool looked_{};            ///< at a closed day: each page comes further
  event_page page_{};
};

}  // namespace

result<found_event> found_event_in(const pg::rows& r, int i) {
  const auto event_id = parse_uuid(r.text(i, 0));
  const auto trace_id = parse_uuid(r.text(i, 1));
  if (!event_id || !trace_id) return failure{errc::internal, "the mirror holds an id that is none"};
  found_event e{.event_id = *event_id,
                .trace_id = *trace_id,
                .occurred_at = r.time(i, 2),
                .received_at = r.time(i, 3),
                .kind = std::string{r.text(i, 5)},
                .source = std::string{r.text(i, 6)},
                .topic = std::string{r.text(i, 7)},
                .payload = std::string{r.text(i, 8)}};
  if (!r.is_null(i, 4)) e.schema_version = static_cast<std::int32_t>(r.number(i, 4));
  return e;
}

result<event_page> search_events(pg::session& session, const event_query& query) {
  return search{session, query}.run();
}

result<std::vector<found_event>> events_with_id(pg::session& session, const uuid& id) {
  auto r = session.exec(fmt::format(sql::with_id, found_event_columns), {to_string(id)});
  if (!r) return r.error();
  std::vector<found_event> all;
  for (int i = 0; i < r->size(); ++i) {
    auto e = found_event_in(*r, i);
    if (!e) return e.error();
    all.push_back(*std::move(e));
  }
  return all;
}

}  // namespace td
