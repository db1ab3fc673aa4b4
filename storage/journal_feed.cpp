#include "storage/journal_feed.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "storage/event_rows.hpp"
#include "storage/pg.hpp"

namespace td {
namespace {

constexpr int batches_a_look = 64;

constexpr const char* newest_sql = "SELECT coalesce(max(position), 0) FROM mirror_batches";
constexpr const char* batches_sql =
    "SELECT position, batch_id, stored, first_occurred_at, last_occurred_at FROM mirror_batches "
    "WHERE position >= $1 ORDER BY position LIMIT {}";
// The bounds of occurred_at prune partitions while planning; BRIN finds the batches in them, in one
// scan because it is one range.
constexpr const char* events_sql =
    "SELECT {0}, b.position, m.batch_index FROM mirror_batches b "
    "JOIN events_mirror m ON m.batch_id = b.batch_id WHERE b.position BETWEEN {1} AND {2} "
    "AND m.batch_id BETWEEN {3} AND {4} AND m.occurred_at BETWEEN '{5}' AND '{6}' "
    "AND (b.position, m.batch_index) > ({7}, {8}) ORDER BY b.position, m.batch_index LIMIT {9}";

/// Batches to read at once.
struct stretch {
  std::int64_t last{};
  std::int64_t first_id{std::numeric_limits<std::int64_t>::max()};
  std::int64_t last_id{};  // 0: none of them holds events
  std::string first_at{};
  std::string last_at{};
};

/// From the first batch behind `page.reached` on; moves it over those without events.
stretch collect(const pg::rows& batches, std::size_t most, feed_page& page) {
  stretch s;
  std::int64_t events = 0;
  for (int i = 0; i < batches.size() && events < static_cast<std::int64_t>(most); ++i) {
    const auto position = batches.number(i, 0);
    if (feed_place{position} <= page.reached) continue;
    s.last = position;
    if (batches.number(i, 2) == 0) {
      if (s.last_id == 0) page.reached = {position};
      continue;
    }
    events += batches.number(i, 2);
    s.first_id = std::min(s.first_id, batches.number(i, 1));
    s.last_id = std::max(s.last_id, batches.number(i, 1));
    // Text of one form and zone: order of time is order of text within the years 1 to 9999.
    const std::string first{batches.text(i, 3)};
    s.first_at = s.first_at.empty() ? first : std::min(s.first_at, first);
    s.last_at = std::max(s.last_at, std::string{batches.text(i, 4)});
  }
  return s;
}

result<void> read_events(pg::session& session, const stretch& s, std::size_t most,
                         feed_page& page) {
  const auto from = page.reached;
  auto r = session.exec(fmt::format(events_sql, found_event_columns, from.position, s.last,
                                    s.first_id, s.last_id, s.first_at, s.last_at, from.position,
                                    from.batch_index, most));
  if (!r) return r.error();
  for (int i = 0; i < r->size(); ++i) {
    auto e = found_event_in(*r, i);
    if (!e) return e.error();
    const feed_place place{r->number(i, found_event_width),
                           static_cast<std::int32_t>(r->number(i, found_event_width + 1))};
    e->place = to_string(place);
    page.events.push_back(*std::move(e));
    page.reached = place;
  }
  if (page.events.size() < most) page.reached = {s.last};
  return ok();
}

}  // namespace

std::string to_string(const feed_place& place) {
  if (place.batch_index == feed_place::whole_batch) return fmt::format("{}", place.position);
  return fmt::format("{}-{}", place.position, place.batch_index);
}

std::optional<feed_place> parse_feed_place(std::string_view text) noexcept {
  const auto take = [&text](auto& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc{} && number >= 0;
  };
  feed_place place;
  if (!take(place.position)) return std::nullopt;
  if (text.empty()) return place;
  if (text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  if (!take(place.batch_index) || !text.empty()) return std::nullopt;
  return place;
}

result<feed_page> read_feed(pg::session& session, feed_place from, std::size_t most) {
  if (most < 1 || most > most_events_a_page) {
    return failure{errc::configuration_invalid,
                   fmt::format("a page has 1 to {} events", most_events_a_page), "/limit"};
  }
  feed_page page{.reached = from};
  auto newest = newest_position(session);
  if (!newest) return newest.error();
  page.last_position = *newest;
  auto batches =
      session.exec(fmt::format(batches_sql, batches_a_look), {std::to_string(from.position)});
  if (!batches) return batches.error();
  if (batches->size() > 0 && from.position > 0) {
    const auto next = std::max(batches->number(0, 0), from.position);
    page.pruned = std::max<std::int64_t>(0, next - from.position - 1);
  }
  const auto s = collect(*batches, most, page);
  if (s.last_id > 0) {
    if (auto r = read_events(session, s, most, page); !r) return r.error();
  }
  page.more = page.reached < feed_place{page.last_position};
  return page;
}

result<std::int64_t> newest_position(pg::session& session) {
  auto r = session.exec(newest_sql);
  if (!r) return r.error();
  return r->number(0, 0);
}

}  // namespace td
