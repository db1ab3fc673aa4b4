#include "storage/event_journey.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "storage/event_rows.hpp"
#include "storage/pg.hpp"

namespace td {
namespace {

constexpr const char* begin_sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

constexpr const char* stages_sql =
    "SELECT {}, b.position, b.lane, (extract(epoch FROM b.committed_at) * 1000000)::bigint "
    "FROM events_mirror m LEFT JOIN mirror_batches b ON b.batch_id = m.batch_id "
    "WHERE m.trace_id = $1 ORDER BY m.occurred_at, m.event_id LIMIT {}";

// Who wants which event, and how far it is. An event whose batch was pruned from the journal is
// behind every consumer.
constexpr const char* deliveries_sql =
    "SELECT m.event_id, (extract(epoch FROM m.occurred_at) * 1000000)::bigint, c.name, "
    "CASE WHEN w.attempts IS NOT NULL THEN 'retrying' WHEN d.attempts IS NOT NULL THEN "
    "'dead_lettered' WHEN coalesce((b.position, m.batch_index) <= (c.position, c.batch_index), "
    "true) THEN 'delivered' ELSE 'waiting' END, coalesce(w.attempts, d.attempts, 0), "
    "coalesce(w.code, d.code, ''), (extract(epoch FROM w.next_attempt) * 1000000)::bigint "
    "FROM (SELECT * FROM events_mirror WHERE trace_id = $1 ORDER BY occurred_at, event_id LIMIT "
    "{}) "
    "AS m JOIN consumers c ON starts_with(m.topic, c.topic_prefix) "
    "AND (cardinality(c.kinds) = 0 OR m.kind = ANY (c.kinds)) "
    "LEFT JOIN mirror_batches b ON b.batch_id = m.batch_id "
    "LEFT JOIN consumer_deliveries w ON w.consumer = c.name AND w.event_id = m.event_id "
    "AND w.occurred_at = m.occurred_at "
    "LEFT JOIN dlq_events d ON d.consumer = c.name AND d.event_id = m.event_id "
    "AND d.occurred_at = m.occurred_at AND d.status = 'open' ORDER BY c.name";

constexpr std::pair<delivery_state, std::string_view> state_names[] = {
    {delivery_state::waiting, "waiting"},
    {delivery_state::retrying, "retrying"},
    {delivery_state::dead_lettered, "dead_lettered"},
    {delivery_state::delivered, "delivered"}};

delivery_state state_named(std::string_view name) noexcept {
  for (const auto& [state, known] : state_names) {
    if (known == name) return state;
  }
  return delivery_state::waiting;
}

result<journey> read(pg::session& session, const uuid& trace_id, std::size_t most) {
  journey all;
  auto r =
      session.exec(fmt::format(stages_sql, found_event_columns, most + 1), {to_string(trace_id)});
  if (!r) return r.error();
  std::map<std::pair<uuid, timestamp>, std::size_t> places;
  all.more = static_cast<std::size_t>(r->size()) > most;
  for (int i = 0; i < r->size() && all.stages.size() < most; ++i) {
    auto e = found_event_in(*r, i);
    if (!e) return e.error();
    journey_stage stage{.event = *std::move(e)};
    if (constexpr int at = found_event_width; !r->is_null(i, at)) {
      stage.position = r->number(i, at);
      stage.lane = static_cast<std::int32_t>(r->number(i, at + 1));
      stage.committed_at = r->time(i, at + 2);
    }
    places[{stage.event.event_id, stage.event.occurred_at}] = all.stages.size();
    all.stages.push_back(std::move(stage));
  }
  auto d = session.exec(fmt::format(deliveries_sql, most), {to_string(trace_id)});
  if (!d) return d.error();
  for (int i = 0; i < d->size(); ++i) {
    const auto id = parse_uuid(d->text(i, 0));
    const auto place = id ? places.find({*id, d->time(i, 1)}) : places.end();
    if (place == places.end()) continue;
    journey_delivery delivery{.consumer = std::string{d->text(i, 2)},
                              .state = state_named(d->text(i, 3)),
                              .attempts = static_cast<std::uint32_t>(d->number(i, 4)),
                              .code = std::string{d->text(i, 5)}};
    if (!d->is_null(i, 6)) delivery.next_attempt = d->time(i, 6);
    all.stages[place->second].deliveries.push_back(std::move(delivery));
  }
  return all;
}

}  // namespace

std::string_view name_of(delivery_state state) noexcept {
  for (const auto& [known, name] : state_names) {
    if (known == state) return name;
  }
  return "";
}

result<journey> journey_of(pg::session& session, const uuid& trace_id, std::size_t most) {
  if (most < 1 || most > most_events_a_page) {
    return failure{errc::configuration_invalid,
                   fmt::format("a journey has 1 to {} events", most_events_a_page), "/limit"};
  }
  if (auto r = session.exec(begin_sql); !r) return r.error();
  auto found = read(session, trace_id, most);
  const auto end = session.exec("ROLLBACK");
  if (found && !end) return end.error();
  return found;
}

}  // namespace td
