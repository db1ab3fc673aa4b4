#include "storage/entity_history.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "storage/entity_rows.hpp"
#include "storage/project_sql.hpp"

namespace td {

namespace {

namespace sql = project_sql;

/// Where a page ends: "1700000000000000-<event id>".
struct place {
  timestamp at{};
  uuid id{};
};

std::string cursor_of(const history_event& e) {
  return fmt::format("{}-{}", e.occurred_at.time_since_epoch().count(), to_string(e.event_id));
}

std::optional<place> place_of(std::string_view cursor) {
  constexpr std::int64_t last_micros = 253'402'300'799'999'999;  // of the year 9999
  std::int64_t micros = 0;
  const auto [end, wrong] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), micros);
  const auto rest = cursor.substr(static_cast<std::size_t>(end - cursor.data()));
  if (wrong != std::errc{} || rest.empty() || rest[0] != '-' || micros < 0 || micros > last_micros)
    return std::nullopt;
  const auto id = parse_uuid(rest.substr(1));
  if (!id) return std::nullopt;
  return place{timestamp{std::chrono::microseconds{micros}}, *id};
}

class pg_entity_history final : public entity_history {
 public:
  explicit pg_entity_history(shared_connection connection) : connection_{std::move(connection)} {}

  result<void> reconnect() override { return connection_->reconnect(); }

  result<history_page> read(entity_kind kind, const uuid& id, std::string_view cursor,
                            std::size_t limit) override {
    if (limit < 1 || limit > max_limit) {
      return failure{errc::value_invalid,
                     fmt::format("limit is {}; allowed: 1 to {}", limit, max_limit), "/limit"};
    }
    const auto from = place_of(cursor);
    if (!cursor.empty() && !from) {
      return failure{errc::value_invalid,
                     "cursor is none of this service's; take `next` of the page before, or leave "
                     "it out to begin anew",
                     "/cursor"};
    }
    member_ = fmt::format("{}_id", name_of(kind));
    payload_ = fmt::format(R"({{"{}":"{}"}})", member_, to_string(id));
    history_page page;
    // One more than asked for tells whether there is more.
    auto today = read_today(page, from, limit + 1);
    if (!today) return today.error();
    page.events = *std::move(today);
    if (page.events.size() <= limit) {
      auto before = select(sql::closed_days, sql::of_payload, from, limit + 1 - page.events.size());
      if (!before) return before.error();
      page.events.insert(page.events.end(), before->begin(), before->end());
    }
    if (page.events.size() > limit) {
      page.events.pop_back();
      page.next = cursor_of(page.events.back());
    }
    return page;
  }

 private:
  using events = std::vector<history_event>;

  /// Bounded: the day of now is searched row by row.
  result<events> read_today(history_page& page, const std::optional<place>& from,
                            std::size_t most) {
    auto searched = connection_->in_transaction([&]() -> result<events> {
      auto limited = connection_->session().exec(
          fmt::format("SET LOCAL statement_timeout = {}", search_time.count()));
      if (!limited) return limited.error();
      return select(sql::open_days, sql::of_payload, from, most);
    });
    if (searched || searched.error().code != errc::timed_out) return searched;
    page.only_own_today = true;
    return select(sql::open_days, fmt::format(sql::of_outbox, member_), from, most);
  }

  result<events> select(const char* days, const std::string& which,
                        const std::optional<place>& from, std::size_t most) {
    using param = pg::session::param;
    auto r = connection_->session().exec(
        fmt::format(sql::history, sql::event_columns, days, which, most),
        {payload_, from ? param{to_rfc3339(from->at)} : std::nullopt,
         from ? param{to_string(from->id)} : std::nullopt});
    if (!r) return r.error();
    events all;
    for (int i = 0; i < r->size(); ++i) {
      all.push_back({.event_id = uuid_at(*r, i, 0).value(),
                     .occurred_at = r->time(i, 1),
                     .kind = std::string{r->text(i, 2)},
                     .source = std::string{r->text(i, 3)},
                     .topic = std::string{r->text(i, 4)},
                     .trace_id = uuid_at(*r, i, 5).value(),
                     .payload = std::string{r->text(i, 6)}});
    }
    return all;
  }

  shared_connection connection_;
  std::string member_;
  std::string payload_;
};

}  // namespace

std::unique_ptr<entity_history> make_entity_history(shared_connection connection) {
  return std::make_unique<pg_entity_history>(std::move(connection));
}

}  // namespace td
